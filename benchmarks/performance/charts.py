"""The page's pictures, as SVG: the same run gives the same file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.performance.page import number

_OURS, _OTHERS = "#07843c", "#9aa5b1"


def draw(results: Mapping[str, Any], folder: Path) -> None:
    """Write ``peers.svg`` and ``growth.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    matplotlib.rcParams["svg.hashsalt"] = "performance"
    _save(_peers(results["race"]), folder / "peers.svg")
    _save(_growth(results["growth"]), folder / "growth.svg")


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})


def _peers(race: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    measured = [found for found in race.values() if "one_p50" in found][::-1]
    for axes, (key, title) in zip(
        panels,
        (
            ("one_p50", "p50 of one client, ms (log)"),
            ("throughput", "answers a second, 32 clients (log)"),
            ("pss", "memory of all processes, MB"),
        ),
        strict=True,
    ):
        bars = axes.barh(
            [found["title"].replace("**", "").replace("`", "") for found in measured],
            [found[key] for found in measured],
            color=[_OURS if "this bot" in found["title"] else _OTHERS for found in measured],
        )
        axes.bar_label(bars, [number(found[key]) for found in measured], padding=2)
        axes.set_title(title, fontsize=10)
        axes.set_xscale("linear" if key == "pss" else "log")
        axes.margins(x=0.35)
    return figure


def _growth(growth: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    figure = Figure(figsize=(11, 6), layout="constrained")
    upper, lower = figure.subplots(2, 3)
    for column, (part, key) in enumerate(
        (("knowledge", "phrasings"), ("clients", "clients"), ("conversations", "conversations"))
    ):
        rows = sorted(growth[part], key=lambda row: row[key])
        _lines(upper[column], rows, key, ("p50", "p99"), "ms")
        _lines(lower[column], rows, key, ("worker_pss",), "MB (PSS)", {"worker_pss": "a worker"})
        lower[column].set_ylim(0, 1.3 * max(row["worker_pss"] for row in rows))
    return figure


def _lines(
    axes: Axes,
    rows: Sequence[Mapping[str, float]],
    key: str,
    figures: Sequence[str],
    unit: str,
    names: Mapping[str, str] | None = None,
) -> None:
    for name in figures:
        axes.plot(
            [row[key] for row in rows], [row[name] for row in rows], "o-", label=(names or {}).get(name, name)
        )
    axes.set(xlabel=key, ylabel=unit, xscale="log")
    axes.set_xticks([row[key] for row in rows], [number(row[key]) for row in rows], minor=False)
    axes.set_xticks([], minor=True)
    axes.legend()
