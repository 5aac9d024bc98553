"""The folder that one server has for its metrics. Here prometheus_client must not be imported yet: it looks
for the folder when it is.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PREFIX = "bot-metrics-"
_OWNER = "owner"


@dataclass(frozen=True)
class OwnFolder:
    """A folder of this server's, which is known to be in use for as long as ``owner`` is open anywhere."""

    path: Path
    owner: IO[str]

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.path, ignore_errors=True)


def claim_folder(parent: Path) -> OwnFolder:
    """A new folder; those of servers that were killed go. Raises OSError."""
    for folder in parent.glob(f"{_PREFIX}*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    # Nobody sees it before it is locked.
    owner = (path / "new").open("w")
    fcntl.flock(owner, fcntl.LOCK_EX)
    (path / "new").rename(path / _OWNER)
    return OwnFolder(path, owner)


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / _OWNER).open() as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody holds it, or it is another user's
        return False
    return True
