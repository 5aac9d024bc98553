"""Where and with what it was measured."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.performance.contenders import Contender

_OURS = ("flask", "gunicorn", "onnxruntime", "faiss-cpu", "numpy", "pydantic")
_VERSION = (
    "import sys; from importlib.metadata import version; print(' '.join(version(n) for n in sys.argv[1:]))"
)


def described() -> dict[str, str]:
    """Processor, cores, memory, system, Python, our packages, date, and how busy the machine was."""
    info = Path("/proc/cpuinfo").read_text()
    processor = re.search(r"^model name\s*: (.*)$", info, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": processor[1] if processor else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in _OURS),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def versions(contender: Contender) -> str:
    """Versions of a contender's packages in its own environment."""
    if not contender.packages or not contender.is_installed:
        return ""
    python = contender.environment_folder / "bin" / "python"
    found = subprocess.run([str(python), "-c", _VERSION, *contender.packages], capture_output=True, text=True)
    if found.returncode:
        return ""
    pairs = zip(contender.packages, found.stdout.split(), strict=True)
    return ", ".join(f"{name} {number}" for name, number in pairs) + _python(python)


def _python(python: Path) -> str:
    found = subprocess.run([str(python), "-V"], capture_output=True, text=True, check=True).stdout.strip()
    return "" if found == f"Python {platform.python_version()}" else f", {found}"
