"""One target under atheris: ``python -m benchmarks.fuzzing.one TARGET [libFuzzer's options] [FILE …]``."""

from __future__ import annotations

import importlib
import logging
import signal
import sys
import warnings
from collections.abc import Callable

import atheris

from benchmarks.fuzzing.__main__ import CORPUS

SECONDS_A_CASE = 3.0
# Whose branches guide the search.
_GUIDING = ["bot", "openpyxl"]


def main() -> None:
    """Fuzz until the options say enough, or run the files that are given."""
    name, arguments = sys.argv[1], sys.argv[2:]
    with atheris.instrument_imports(include=_GUIDING):
        target = importlib.import_module(f"benchmarks.fuzzing.{name}")
    # What is said about a bad input is for its operator.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    folder = CORPUS / name
    if not any(not argument.startswith("-") for argument in arguments):
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(target.SEEDS):
            (folder / f"seed-{number}").write_bytes(seed)
        words = CORPUS / f"{name}.words"
        words.write_text("".join(f"{_quoted(word)}\n" for word in target.WORDS), "ascii")
        arguments += [f"-dict={words}", f"-max_len={target.LONGEST}", str(folder)]
    atheris.Setup([sys.argv[0], f"-artifact_prefix={CORPUS}/{name}-", *arguments], _timed(target.case))
    atheris.Fuzz()


def _timed(case: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same, failing when it takes too long: of the processor's time, however busy the machine is."""

    def run(data: bytes) -> None:
        signal.setitimer(signal.ITIMER_PROF, SECONDS_A_CASE)
        case(data)

    signal.signal(signal.SIGPROF, _give_up)
    return run


def _give_up(*_: object) -> None:
    raise TimeoutError(f"the case took more than {SECONDS_A_CASE} s")


def _quoted(word: bytes) -> str:
    """As libFuzzer's dictionaries want it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"'


if __name__ == "__main__":
    main()
