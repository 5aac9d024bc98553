"""What is asked of a long run and of a flood."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.performance.targets import Target


def targets(results: Mapping[str, Any]) -> list[Target]:
    """All of them; a line that falls short is told in both languages."""
    soak, flood = results["soak"], results["flood"]
    asked = {name: figures for name, figures in soak["channels"].items() if name != "probe"}
    return [
        _at_most("requests that failed", "失败的请求", sum(soak["failed"].values()), 0),
        _at_most("requests turned away", "被婉拒的请求", soak["refused"], 0),
        _at_most("answers of a wrong version", "版本不对的回答", soak["outdated"], 0),
        _at_most("rebuilds that failed", "失败的重建", len(soak["rebuilds"]["failed"]), 0),
        _at_most("pushes lost", "丢失的推送", soak["pushes"]["lost"], 0),
        _at_most("pushes answered twice", "重复回答的推送", soak["pushes"]["twice"], 0),
        _at_most("growth of a worker's memory, %", "worker 内存增长（%）", 100 * _growth(soak), 5),
        *(
            _at_most(f"p99 of {name}, ms", f"{name} 的 p99（毫秒）", each["p99"], 100)
            for name, each in asked.items()
        ),
        _at_most(
            "flood: requests without a proper reply",
            "洪峰：没有得到应有响应的请求",
            sum(flood["failed"].values()),
            0,
        ),
        _at_most("flood: slowest push, s", "洪峰：最慢的推送（秒）", flood["slowest_push"], 4.5),
        _at_most("flood: pushes taken and lost", "洪峰：已接收却丢失的推送", flood["pushes"]["lost"], 0),
        _at_most("flood: pushes answered twice", "洪峰：重复回答的推送", flood["pushes"]["twice"], 0),
        _at_most("as ever after the flood, s", "洪峰后恢复（秒）", flood["recovered_after"], 2),
    ]


def _at_most(name: str, chinese: str, value: float, bound: float) -> Target:
    return Target(name, chinese, value, bound, is_upper=True)


def _growth(soak: Mapping[str, Any]) -> float:
    """Of the worker that grew most; NaN if none was there all the time."""
    return max((each["growth"] for each in soak["memory"]), default=math.nan)
