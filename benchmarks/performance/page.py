"""Writes ``docs/performance.md`` and its Chinese version from the figures of a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.performance.figures import Prices
from benchmarks.performance.limit import CLIENTS
from benchmarks.performance.questions import USERS
from benchmarks.performance.targets import behind_peers, targets

_HERE = Path(__file__).parent
_QUICK = "**Quick runs, for a look only; parts are of different runs, and the machine was busy with others.**"
_ZH = {
    "": "",
    "throughput": "吞吐",
    "what": "项目",
    "a second": "每秒",
    "CPU ms each": "每次 CPU 毫秒",
    "share": "占比",
    "asked": "要求",
    "who": "项目",
    "p50, 1 client": "p50，1 客户端",
    "p99, 1 client": "p99，1 客户端",
    "p50, 32": "p50，32",
    "p99, 32": "p99，32",
    "answers a second": "每秒回答",
    "memory MB": "内存 MB",
    "false": "误答",
    "given": "直接给出",
    "how it runs": "运行方式",
    "versions": "版本",
    "ready s": "就绪秒",
    "indexing CPU s": "建索引 CPU 秒",
    "installed MB": "安装 MB",
    "a core-second": "每核每秒",
    "figure": "数值",
    "memory of a worker after all questions (PSS)": "回答全部问题后单个 worker 内存（PSS）",
    "memory of all processes": "全部进程内存",
    "ready after": "就绪时间",
    "installed, with what prepares the model (PyTorch)": "安装大小（含准备模型用的 PyTorch）",
    "installed on a machine that only serves": "只提供服务的机器上的安装大小",
    "answers a core-second": "每核每秒回答数",
    "a thousand answers": "一千次回答",
    "a thousand calls of a language model": "一千次大模型调用",
    "entries": "条目",
    "phrasings": "问法",
    "clients": "客户端",
    "conversations": "会话",
    "database MB": "数据库 MB",
    "build s": "构建秒",
    "worker MB": "worker MB",
    "failed": "失败",
    "raw model run, p50": "裸模型推理 p50",
    "uncached `/ask`, p50": "未缓存 `/ask` p50",
    "uncached `/ask`, processor time by that of a raw run": "未缓存 `/ask` 与裸推理的 CPU 时间之比",
    "two processes that only run the model": "只跑模型的两个进程",
    "uncached `/ask`": "未缓存 `/ask`",
    "empty Flask view": "空 Flask 视图",
    "exact phrasings on `/ask`": "原句提问 `/ask`",
    "signed WeChat pushes": "签名微信推送",
    "Nothing.": "无。",
    _QUICK: "**快速运行的结果，只供一看；各部分出自不同的运行，当时机器上还有别的程序。**",
    "not measured": "未测得",
}


def write(results: Mapping[str, Any], docs: Path) -> None:
    """Both pages."""
    for language, name in (("en", "performance.md"), ("zh", "performance.zh-CN.md")):
        (docs / name).write_text(_Page(results, language).text(), "utf-8")


class _Page:
    def __init__(self, results: Mapping[str, Any], language: str) -> None:
        self._results = results
        self._language = language

    def text(self) -> str:
        """The template with everything filled in."""
        results, prices = self._results, Prices()
        template = (_HERE / f"page.{self._language}.md").read_text("utf-8")
        filled = template.format(
            **results["machine"],
            quick=self._word(_QUICK) if results["is_quick"] or results["is_partial"] else "",
            minutes=number(results["seconds"] / 60),
            rounds=results["rounds"],
            client_share=f"{results['client_share']:.0%}",
            questions=results["questions"],
            users=USERS,
            limit_clients=CLIENTS,
            limit=self._limit(),
            race=self._race(),
            race_more=self._race_more(),
            unmeasured=self._unmeasured(),
            cost=self._cost(),
            core_second=number(results["cost"]["answers_a_core_second"]),
            machine_an_hour=prices.machine_an_hour,
            machine_cores=prices.cores,
            busy=f"{prices.busy_share:.0%}",
            tokens_in=prices.tokens_in,
            tokens_out=prices.tokens_out,
            million_in=prices.million_in,
            million_out=prices.million_out,
            knowledge=self._growth("knowledge", "entries", "phrasings", "build"),
            clients=self._growth("clients", "clients", "throughput"),
            conversations=self._growth("conversations", "conversations", "database"),
            short=self._short(),
        )
        return filled.replace("\n\n\n", "\n\n")

    def _word(self, english: str) -> str:
        return _ZH.get(english, english) if self._language == "zh" else english

    def _table(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
        lines = [[self._word(head) for head in heads], ["---"] * len(heads)]
        lines += [[cell if isinstance(cell, str) else number(cell) for cell in row] for row in rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _limit(self) -> str:
        limit = self._results["limit"]
        raw, asked, through = limit["latency"]["raw"], limit["latency"]["ask"], limit["throughput"]
        first = [
            (self._word("raw model run, p50"), f"{number(raw['p50'])} ms", raw["cpu"], "", ""),
            (
                self._word("uncached `/ask`, p50"),
                f"{number(asked['p50'])} ms",
                asked["cpu"],
                f"**{limit['latency_ratio']:.2f}**",
                "≤ 1.3",
            ),
            (
                self._word("uncached `/ask`, processor time by that of a raw run"),
                "",
                "",
                f"{limit['latency_cpu_ratio']:.2f}",
                "",
            ),
        ]
        lines = (
            ("model", "two processes that only run the model", "", ""),
            ("held_out", "uncached `/ask`", "held_out_share", "≥ 85 %"),
            ("empty", "empty Flask view", "", ""),
            ("exact", "exact phrasings on `/ask`", "exact_share", "≥ 80 %"),
            ("pushes", "signed WeChat pushes", "pushes_share", "≥ 80 %"),
        )
        second = [
            (
                self._word(title),
                through[name]["throughput"],
                through[name]["cpu"],
                f"**{limit[share]:.0%}**" if share else "",
                wanted,
            )
            for name, title, share, wanted in lines
        ]
        return self._table(("what", "a second", "CPU ms each", "share", "asked"), [*first, *second])

    def _race(self) -> str:
        heads = ("who", "p50, 1 client", "p99, 1 client", "p50, 32", "p99, 32", "answers a second")
        rows = [
            (
                each["title"],
                *(each[name] for name in ("one_p50", "one_p99", "many_p50", "many_p99", "throughput", "pss")),
                *(_share(each[name]) for name in ("hit_at_1", "right", "false")),
            )
            for each in self._measured()
        ]
        return self._table((*heads, "memory MB", "hit@1", "given", "false"), rows)

    def _race_more(self) -> str:
        heads = ("who", "how it runs", "versions", "indexing CPU s", "ready s", "installed MB")
        rows = [
            (
                each["title"],
                each["setup"],
                each["versions"],
                each["prepared_after"],
                each["ready_after"],
                each["installed"],
                each["core_second"],
                each["failures"],
            )
            for each in self._measured()
        ]
        return self._table((*heads, "a core-second", "failed"), rows)

    def _measured(self) -> list[Mapping[str, Any]]:
        return [each for each in self._results["race"].values() if "one_p50" in each and "hit_at_1" in each]

    def _unmeasured(self) -> str:
        failed = [each for each in self._results["race"].values() if "reason" in each]
        word = self._word("not measured")
        return "\n".join(f"\n{word}: {each['title']} ({each['reason']})" for each in failed)

    def _cost(self) -> str:
        cost = self._results["cost"]
        rows = (
            ("memory of a worker after all questions (PSS)", "worker_pss", "{} MB"),
            ("memory of all processes", "all_pss", "{} MB"),
            ("ready after", "ready_after", "{} s"),
            ("installed, with what prepares the model (PyTorch)", "installed", "{} MB"),
            ("installed on a machine that only serves", "installed_serving", "{} MB"),
            ("answers a core-second", "answers_a_core_second", "{}"),
            ("a thousand answers", "thousand_answers", "{} $"),
            ("a thousand calls of a language model", "thousand_calls", "{} $"),
        )
        return self._table(
            ("what", "figure"),
            [(self._word(title), form.format(number(cost[name]))) for title, name, form in rows],
        )

    def _growth(self, part: str, *keys: str) -> str:
        heads = {"build": "build s", "throughput": "a second", "database": "database MB"}
        figures = ("p50", "p99", "worker_pss", "failures")
        return self._table(
            (*(heads.get(key, key) for key in keys), "p50", "p99", "worker MB", "failed"),
            [[row[key] for key in (*keys, *figures)] for row in self._results["growth"][part]],
        )

    def _short(self) -> str:
        is_zh = self._language == "zh"
        lines = [
            f"- {target.name_zh if is_zh else target.name}: {number(target.value)}, "
            f"{self._word('asked')} {'≤' if target.is_upper else '≥'} {number(target.bound)}"
            for target in targets(self._results)
            if not target.is_met
        ]
        for title, english, chinese, ours, theirs in behind_peers(self._results):
            told = (chinese, "领先", "本机器人") if is_zh else (english, "ahead", "the bot")
            lines.append(f"- {title} {told[1]}: {told[0]} {number(theirs)}, {told[2]} {number(ours)}")
        return "\n".join(lines) or self._word("Nothing.")


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def number(value: object) -> str:
    """Three digits that count, thousands set apart."""
    if not isinstance(value, (int, float)):
        return str(value)
    if math.isnan(value):
        return "–"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{float(f'{value:.3g}'):g}"
