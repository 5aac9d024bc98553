"""What is asked of the bot's speed, and which lines of a run fall short of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# What has to be ahead of a peer: figure, English and Chinese name, whether less is better.
_AGAINST_PEERS = (
    ("one_p50", "p50 from one client, ms", "单客户端 p50（毫秒）", True),
    ("many_p99", "p99 from 32 clients, ms", "32 客户端 p99（毫秒）", True),
    ("throughput", "answers a second", "每秒回答数", False),
    ("pss", "memory, MB", "内存（MB）", True),
    ("ready_after", "ready after, s", "就绪（秒）", True),
    ("hit_at_1", "hit@1", "hit@1", False),
)
# Those that embed the question, as the bot does.
_EMBEDDING, _TIMES = ("txtai", "haystack", "plain"), 5.0


@dataclass(frozen=True)
class Target:
    """A figure and its bound, in both languages."""

    name: str
    name_zh: str
    value: float
    bound: float
    is_upper: bool

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps to its bound; what was not measured does not."""
        return self.value <= self.bound if self.is_upper else self.value >= self.bound


def targets(results: Mapping[str, Any]) -> list[Target]:
    """Those that hold for the bot alone."""
    limit, cost = results["limit"], results["cost"]
    return [
        Target(
            "uncached `/ask`, p50 by one raw ONNX run of the same text",
            "未缓存 `/ask` 的 p50 与同一文本一次裸 ONNX 推理之比",
            limit["latency_ratio"],
            1.3,
            True,
        ),
        Target(
            "uncached answers a second by those of two processes that only run the model",
            "未缓存吞吐与只跑模型的两个进程之比",
            limit["held_out_share"],
            0.85,
            False,
        ),
        Target(
            "exact phrasings a second by an empty Flask view on the same gunicorn",
            "原句提问吞吐与同一 gunicorn 上空 Flask 视图之比",
            limit["exact_share"],
            0.8,
            False,
        ),
        Target(
            "signed WeChat pushes a second by the same",
            "签名微信推送吞吐与之相比",
            limit["pushes_share"],
            0.8,
            False,
        ),
        Target("memory of a worker (PSS), MB", "单个 worker 内存（PSS，MB）", cost["worker_pss"], 400, True),
        Target("ready after, s", "就绪时间（秒）", cost["ready_after"], 2, True),
        *_against_peers(results),
    ]


def _against_peers(results: Mapping[str, Any]) -> Iterator[Target]:
    """Of those that were measured."""
    race, pushes = results["race"], results["limit"]["throughput"]["pushes"]["throughput"]
    for peer in (race[name] for name in _EMBEDDING if "throughput" in race.get(name, {})):
        yield Target(
            f"answers a second by those of {peer['title']}",
            f"每秒回答数与 {peer['title']} 之比",
            race["bot"]["throughput"] / peer["throughput"],
            _TIMES,
            False,
        )
    if "throughput" in (werobot := race.get("werobot", {})):
        yield Target(
            "signed WeChat pushes a second by WeRoBot's",
            "签名微信推送吞吐与 WeRoBot 之比",
            pushes / werobot["throughput"],
            1,
            False,
        )


def behind_peers(results: Mapping[str, Any]) -> Iterator[tuple[str, str, str, float, float]]:
    """Peer, figure in English and Chinese, ours and theirs, wherever a peer is ahead."""
    ours = results["race"]["bot"]
    for name, theirs in results["race"].items():
        for figure, english, chinese, is_less_better in _AGAINST_PEERS:
            if name == "bot" or figure not in theirs or figure not in ours:
                continue
            is_ahead = theirs[figure] < ours[figure] if is_less_better else theirs[figure] > ours[figure]
            if is_ahead:
                yield theirs["title"], english, chinese, ours[figure], theirs[figure]
