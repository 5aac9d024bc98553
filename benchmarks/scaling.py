"""What searching costs as the phrasings grow: all rows compared, and the kind of index a build would choose.

    python -m benchmarks.scaling [--sizes 1000,10000,100000,1000000]

Vectors up to as many as the live index has are its own phrasings'. Beyond, they are synthetic: a phrasing
and a third of each of two others, scaled to length one, so that each real phrasing stands in the middle of
a bunch of others, which overlaps with its neighbours'. Questions are made in the same way and are not in the
index. Each index is built, saved and mapped as a version's is, and searched on one thread for the 256
nearest rows, as the bot does. Needs about 5 GB of memory at 1,000,000.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from bot.operations import Operations
from bot.retrieval import searchable
from bot.retrieval.coding import Coding
from bot.retrieval.faiss_index import TOP_ROWS, RowKind
from bot.retrieval.index_files import read_contents
from bot.retrieval.searchable import Searchable, make_searchable
from bot.retrieval.vectors import Vectors, unit
from bot.settings import load_settings

QUESTIONS = 200
_THIRD = np.float32(0.35)
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Kind:
    """A way to make an index: (rows, dimensions) -> the index, and how to tell it in the table."""

    name: str
    make: Callable[[Vectors], tuple[Searchable, str]]


def flat_float(vectors: Vectors) -> tuple[Searchable, str]:
    """Every row compared in 32 bits: what all others are held against."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return Searchable(index, Coding(0.0)), "all, 32 bits"


def flat(vectors: Vectors) -> tuple[Searchable, str]:
    """Every row compared in eight bits."""
    with _never_lists():
        made, facts = make_searchable(vectors, Coding.fitting([vectors]))
    return made, f"all, {facts.bits} bits"


def chosen(vectors: Vectors) -> tuple[Searchable, str]:
    """What the build chooses."""
    made, facts = make_searchable(vectors, Coding.fitting([vectors]))
    how = f"{facts.lists_read} of {facts.lists} lists" if facts.lists else "all"
    return made, f"**{how}, {facts.bits} bits**"


@contextmanager
def _never_lists() -> Iterator[None]:
    before, searchable.FLAT_UP_TO = searchable.FLAT_UP_TO, sys.maxsize
    yield
    searchable.FLAT_UP_TO = before


def real_vectors() -> Vectors:
    """The phrasings of the live index."""
    operations = Operations(load_settings())
    folder = operations.store.folder / operations.store.current()
    steps = float(read_contents(folder).arrays["vector_steps"][RowKind.PHRASING])
    index = faiss.read_index(str(folder / RowKind.PHRASING.file))
    return unit(index.reconstruct_n(0, index.ntotal) / np.float32(steps or 1))


def vectors_like(real: Vectors, count: int, random: np.random.Generator) -> Vectors:
    """(count, dimensions) made from the real ones."""
    made = np.empty((count, real.shape[1]), np.float32)
    for start in range(0, count, _CHUNK):
        part = made[start : start + _CHUNK]
        one, two, three = random.integers(0, len(real), (3, len(part)))
        part[:] = unit(real[one] + _THIRD * (real[two] + real[three]))
    return made


def search_times(made: Searchable, questions: Vectors) -> list[float]:
    """Processor milliseconds of each search."""
    times = []
    for question in questions:
        started = time.thread_time()
        made.nearest(made.coding.coded(question[None]), TOP_ROWS)
        times.append((time.thread_time() - started) * 1000)
    return times


def hit_at_10(made: Searchable, questions: Vectors, truly: np.ndarray) -> float:
    """Share of the ten truly nearest rows among the first ten found."""
    found = [made.nearest(made.coding.coded(question[None]), 10)[1] for question in questions]
    return float(np.mean([np.isin(near, rows).mean() for near, rows in zip(truly, found, strict=True)]))


def memory(file: Path, questions: Path, steps: float) -> tuple[float, float]:
    """Of the mapped file in each of two processes that search it: megabytes it has alone, and in all."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--hold", str(file), str(questions), str(steps)]
    holders = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for holder in holders:
        holder.stdout.readline()
    held = [_mapped_memory(holder.pid, file) for holder in holders]
    for holder in holders:
        holder.communicate()
    private, resident = np.mean(held, axis=0)
    return private, resident


def _mapped_memory(pid: int, file: Path) -> tuple[float, float]:
    """Megabytes of a mapped file that a process has to itself, and that it has at all."""
    counted = {"Private_Clean": 0, "Private_Dirty": 0, "Rss": 0}
    is_file = False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, _, rest = line.partition(":")
        if "-" in line.split(" ", 1)[0]:
            is_file = line.endswith(file.name)
        elif is_file and name in counted:
            counted[name] += int(rest.split()[0])
    return (counted["Private_Clean"] + counted["Private_Dirty"]) / 1024, counted["Rss"] / 1024


def hold(file: Path, questions: Path, steps: float) -> None:
    """Map an index, search it, say so and wait."""
    made = Searchable(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC), Coding(steps))
    search_times(made, np.load(questions))
    print("ready", flush=True)
    sys.stdin.read()


def measure(kind: Kind, vectors: Vectors, questions: Vectors, truly: np.ndarray, folder: Path) -> str:
    """A row of the table."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    clock, cpu = time.perf_counter(), time.process_time()
    made, how = kind.make(vectors)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    file = folder / "rows.faiss"
    faiss.write_index(made.index, str(file))
    np.save(folder / "questions.npy", questions)
    mapped = Searchable(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC), made.coding)
    hits = hit_at_10(mapped, questions, truly)
    p50, p99 = np.quantile(search_times(mapped, questions), (0.5, 0.99))
    private, resident = memory(file, folder / "questions.npy", made.coding.steps)
    megabytes = file.stat().st_size / 2**20
    return (
        f"| {len(vectors):,} | {kind.name} | {how} | {clock:.1f} | {cpu:.1f} | {megabytes:,.1f} | "
        f"{private:.1f} | {resident - private:,.1f} | {p50:.2f} | {p99:.2f} | {hits:.3f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000,100000,1000000", help="numbers of phrasings")
    parser.add_argument("--hold", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.hold:
        file, questions, steps = arguments.hold
        hold(Path(file), Path(questions), float(steps))
        return
    print(
        "| phrasings | index | rows read | build s | CPU s | file MB | MB a process has alone | "
        "MB shared | p50 ms | p99 ms | hit@10 |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    real = real_vectors()
    for size in map(int, arguments.sizes.split(",")):
        measure_size(size, real)


def measure_size(size: int, real: Vectors) -> None:
    """The rows of the table for so many phrasings."""
    random = np.random.default_rng(size)
    if size <= len(real):
        vectors = real[random.permutation(len(real))[:size]]
    else:
        vectors = vectors_like(real, size, random)
    questions = vectors_like(vectors, QUESTIONS, random)
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    _, truly = faiss.knn(questions, vectors, 10, metric=faiss.METRIC_INNER_PRODUCT)
    kinds = [Kind("flat", flat_float), Kind("flat", flat)]
    if size > searchable.FLAT_UP_TO:
        kinds.append(Kind("lists", chosen))
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(kind, vectors, questions, truly, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
