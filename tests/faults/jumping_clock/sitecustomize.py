"""Python imports this before all else where this folder is in PYTHONPATH: the clock on the wall obeys a file.

Not libfaketime: under it, Python cannot sleep (its clock_nanosleep refuses a moment of the monotonic clock).
"""

import os
import time
from pathlib import Path

_file = Path(os.environ["CLOCK_FILE"])
_true = time.time


def _shown() -> float:
    return _true() + float(_file.read_text())


time.time = _shown
