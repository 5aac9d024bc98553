"""The verdicts as a table in Markdown, and every mutant that survived."""

from __future__ import annotations

import math
from collections import Counter

from benchmarks.mutation.mutants import Mutated

Verdicts = dict[str, dict[str, str]]
_KILLED, _SURVIVED = ("killed", "stuck"), ("survived", "unreached")
_Z = 1.96


def print_table(modules: list[Mutated], kept: Verdicts) -> None:
    """A line a module that was looked at, and one for all."""
    print("| module | refused by `mypy` | tried | killed | survived | killed of those tried (95 %) |")
    print("|---|---|---|---|---|---|")
    total: Counter[str] = Counter()
    for module in modules:
        counts = _counts(module, kept[module.module])
        if counts["tried"]:
            total += counts
            print(_line(f"`{module.file.relative_to('bot')}`", counts))
    print(_line("**together**", total))


def _counts(module: Mutated, verdicts: dict[str, str]) -> Counter[str]:
    found = Counter(verdicts.values())
    killed, survived = (sum(found[name] for name in names) for names in (_KILLED, _SURVIVED))
    return Counter(
        refused=found["refused"],
        killed=killed,
        survived=survived,
        tried=killed + survived,
        all=len(module.names) - found["refused"],
    )


def _line(title: str, n: Counter[str]) -> str:
    tried = f"{n['tried']}" if n["tried"] == n["all"] else f"{n['tried']} of {n['all']}"
    shares = f"{n['killed'] / n['tried']:.0%}".replace("%", " %") if n["tried"] else "–"
    if n["tried"] < n["all"] and n["tried"]:
        low, high = interval(n["killed"], n["tried"])
        shares += f" ({low:.0%}–{high:.0%})".replace("%–", "–").replace("%", " %")
    return f"| {title} | {n['refused']} | {tried} | {n['killed']} | {n['survived']} | {shares} |"


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Wilson's, of 95 %."""
    share, weight = killed / tried, _Z**2 / tried
    middle = share + weight / 2
    half = _Z * math.sqrt(share * (1 - share) / tried + weight / (4 * tried))
    return (middle - half) / (1 + weight), (middle + half) / (1 + weight)


def print_survivors(modules: list[Mutated], kept: Verdicts) -> None:
    """Each with its change."""
    for module in modules:
        for name, verdict in sorted(kept[module.module].items()):
            if verdict in _SURVIVED:
                print(f"\n{verdict} {module.module}.{name}", *module.change(name), sep="\n    ")
