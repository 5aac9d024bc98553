"""A machine of the tests' own: small disks that can fill up or turn read-only, and a clock that can jump."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.serving import PROJECT, Server

# Mounts the disks where only the server and its children see them, and becomes the server.
_MOUNT_AND_RUN = """
for disk in data index; do mount -t tmpfs -o "size=$1" "$disk" "$2/$disk" || exit 71; done
cp -r "$3/." "$2/index" && mount -o "remount,$4" "$2/data" && shift 4 && exec "$@"
"""
_OF_ROOT = ["--mount"]
_OF_OTHERS = ["--user", "--map-root-user", "--mount"]
PACKAGES = {"nginx": "nginx-light", "unshare": "util-linux", "nsenter": "util-linux"}
CLOCK = Path(__file__).parent / "jumping_clock"
_CHUNK = b"\0" * 4096


class Machine:
    """Where a server runs: ``folder`` has its disks ``data`` and ``index``, and what sets its clock."""

    def __init__(self, folder: Path, index: Path, data: str = "rw", size: str = "48m") -> None:
        """``index``: a folder to copy onto the disk.

        ``data``: whether that disk can be written to; ``size`` of each; both as ``mount`` writes it.
        """
        self.folder = folder
        self.clock = folder / "clock"
        for disk in ("data", "index"):
            (folder / disk).mkdir()
        self.set_clock(0)
        namespace = _OF_ROOT if os.geteuid() == 0 else _OF_OTHERS
        script = ["sh", "-c", _MOUNT_AND_RUN, "sh", size, str(folder), str(index), data]
        self.command = [needed("unshare"), *namespace, *script]

    @property
    def variables(self) -> dict[str, str]:
        """What lets a process and its children read this clock; what only measures time is left alone."""
        return {"PYTHONPATH": str(CLOCK), "CLOCK_FILE": str(self.clock)}

    def set_clock(self, seconds: int) -> None:
        """Let it be so many seconds fast."""
        ready = self.clock.with_suffix(".new")
        ready.write_text(str(seconds))
        ready.replace(self.clock)

    def seen_by(self, server: Server, path: str) -> Path:
        """A file on a disk, as this process can open it."""
        return Path(f"/proc/{server.process.pid}/root{self.folder}/{path}")

    def empty(self, server: Server, disk: str, keep: str = "") -> None:
        """Delete all that is on it, but for one file."""
        for path in self.seen_by(server, disk).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != keep:
                path.unlink()

    @contextmanager
    def full(self, server: Server, disk: str) -> Iterator[None]:
        """Not a byte fits on the disk any more."""
        if disk == "data":
            self._take_reserve(server)
        filler = self.seen_by(server, f"{disk}/filler")
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(_CHUNK):
                pass
        assert _error_of_writing(filler.with_name("another")) == errno.ENOSPC
        try:
            yield
        finally:
            filler.unlink()

    def _take_reserve(self, server: Server) -> None:
        """A log of the database that has been long keeps its length: so much could still be written."""
        with closing(sqlite3.connect(self.seen_by(server, "data/bot.db"))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def read_only(self, server: Server, disk: str) -> Iterator[None]:
        """Nothing on the disk can be changed."""
        self.remount(server, disk, "ro")
        try:
            yield
        finally:
            self.remount(server, disk, "rw")

    def inside(self, server: Server) -> list[str]:
        """A command that runs another one where these disks can be seen."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return [needed("nsenter"), "--target", str(server.process.pid), "--mount", *user, f"--wd={PROJECT}"]

    def remount(self, server: Server, disk: str, how: str) -> None:
        """``ro`` or ``rw``."""
        mount = ["mount", "-o", f"remount,{how}", str(self.folder / disk)]
        subprocess.run([*self.inside(server), *mount], check=True)


def needed(program: str) -> str:
    """Where a program is that these tests cannot do without."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    return found or pytest.fail(
        f"these tests need {program}: apt-get install {PACKAGES[program]}", pytrace=False
    )


def _error_of_writing(file: Path) -> int | None:
    try:
        file.write_bytes(_CHUNK)
    except OSError as error:
        return error.errno
    finally:
        file.unlink(missing_ok=True)
    return None
