"""Writes ``docs/reliability.md`` and its Chinese version from the figures of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.performance.page import number
from benchmarks.soak.phases import CLIENTS, LATE, REBUILD_EVERY, SHARE, TIMES
from benchmarks.soak.targets import targets

FULL_MINUTES = 30.0
_SHORT = "**A short run, for a look only; the machine was busy with others.**"
_HERE = Path(__file__).parent
_ZH = {
    "channel": "渠道",
    "requests": "请求",
    "failed": "失败",
    "p50 ms": "p50（毫秒）",
    "p99 ms": "p99（毫秒）",
    "worst minute's p99": "最差一分钟的 p99",
    "slowest ms": "最慢（毫秒）",
    "answered": "回答",
    "taken": "已接收",
    "503": "503",
    "told": "告知稍后再试",
    "success only": "仅 success",
    "answers' p99 ms": "回答的 p99（毫秒）",
    "refusals' p99 ms": "婉拒的 p99（毫秒）",
    "what": "项目",
    "measured": "测得",
    "asked": "要求",
    "Nothing.": "无。",
    "nothing": "无",
    _SHORT: "**短时间的运行，只供一看；当时机器上还有别的程序。**",
}


def write(results: Mapping[str, Any], docs: Path) -> None:
    """Both pages."""
    for language, name in (("en", "reliability.md"), ("zh", "reliability.zh-CN.md")):
        template = (_HERE / f"page.{language}.md").read_text("utf-8")
        (docs / name).write_text(_written(template, results, language), "utf-8")


def _written(template: str, results: Mapping[str, Any], language: str) -> str:
    return template.format(**_filled(results, language)).replace("\n\n\n", "\n\n")


def tables(results: Mapping[str, Any], language: str) -> str:
    """What a short run prints."""
    filled = _filled(results, language)
    return "\n\n".join(filled[name] for name in ("soak", "flood", "targets", "failed"))


def _filled(results: Mapping[str, Any], language: str) -> dict[str, Any]:
    words = _Words(language)
    soak, flood = results["soak"], results["flood"]
    memory = [each["growth"] for each in soak["memory"]]
    return {name: text for name, text in results["machine"].items() if name != "memory"} | {
        "memory_size": results["machine"]["memory"],
        "look": words.word(_SHORT) if results["minutes"] < FULL_MINUTES else "",
        "minutes": number(results["minutes"]),
        "whole": number(results["seconds"] / 60),
        "capacity": number(results["capacity"]),
        "clients": CLIENTS,
        "share": f"{SHARE:.0%}",
        "rate": number(soak["rate"]),
        "every": number(REBUILD_EVERY),
        "rebuilds": soak["rebuilds"]["done"],
        "rebuild_seconds": number(soak["rebuild_seconds"]),
        "memory": ", ".join(f"{each['before']:.0f} → {each['after']:.0f} MB" for each in soak["memory"]),
        "growth": f"{max(memory):+.1%}" if memory else "–",
        "times": TIMES,
        "flood_rate": number(flood["rate"]),
        "flood_seconds": number(flood["seconds"]),
        "kept": f"{flood['kept']:.0%}",
        "probe": number(1000 * flood["slowest_probe"]),
        "late": number(LATE),
        "soak": _soak(soak, words),
        "flood": _flood(flood, words),
        "targets": _targets(results, words),
        "failed": words.failures(soak["failed"] | flood["failed"]),
        "short": _short(results, words),
    }


class _Words:
    def __init__(self, language: str) -> None:
        self.is_chinese = language == "zh"

    def word(self, english: str) -> str:
        return _ZH.get(english, english) if self.is_chinese else english

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
        lines = [[self.word(head) for head in heads], ["---"] * len(heads)]
        lines += [[cell if isinstance(cell, str) else number(cell) for cell in row] for row in rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def failures(self, failed: Mapping[str, int]) -> str:
        return ", ".join(f"{name} ({count})" for name, count in failed.items()) or self.word("nothing")


def _soak(soak: Mapping[str, Any], words: _Words) -> str:
    heads = ("channel", "requests", "failed", "p50 ms", "p99 ms", "worst minute's p99", "slowest ms")
    rows = [
        (
            name,
            each["requests"],
            each["errors"],
            each["p50"],
            each["p99"],
            soak["worst_minute"][name],
            each["most"],
        )
        for name, each in soak["channels"].items()
    ]
    return words.table(heads, rows)


def _flood(flood: Mapping[str, Any], words: _Words) -> str:
    heads = ("channel", "requests", "answered", "taken", "503", "told", "success only", "failed")
    ends = ("answered", "taken", "refused", "told", "unread", "error")
    rows = [
        (
            name,
            each["requests"],
            *(each["ends"].get(end, 0) for end in ends),
            each["p99"],
            each["refused_p99"],
        )
        for name, each in flood["channels"].items()
    ]
    return words.table((*heads, "answers' p99 ms", "refusals' p99 ms"), rows)


def _targets(results: Mapping[str, Any], words: _Words) -> str:
    rows = [
        (
            target.name_zh if words.is_chinese else target.name,
            number(target.value),
            f"≤ {number(target.bound)}",
        )
        for target in targets(results)
    ]
    return words.table(("what", "measured", "asked"), rows)


def _short(results: Mapping[str, Any], words: _Words) -> str:
    lines = [
        f"- {target.name_zh if words.is_chinese else target.name}: {number(target.value)}, "
        f"{words.word('asked')} ≤ {number(target.bound)}"
        for target in targets(results)
        if not target.is_met
    ]
    return "\n".join(lines) or words.word("Nothing.")
