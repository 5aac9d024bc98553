"""A knowledge folder that changes every minute, is rebuilt as operators do it, and tells its edition."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.soak.beside import beside
from bot.settings import load_settings

ADMIN_KEY = "soak-" + "k" * 40
QUESTION = "小程序备案要多久？"
# How long a version may go on answering after another one was published, in seconds.
GRACE = 2.0
_FILE, _HEADING = Path("zh") / "filing.md", "{#filing-time}"
_ANSWER = re.compile(r"### 回答\n\n[^\n]*")
_EDITION = re.compile("（第 (\\d+) 版）")
_FIRST_AFTER, _POLL, _REBUILT_WITHIN = 5.0, 0.05, 300.0


@dataclass(frozen=True)
class Edition:
    """A version that was live from ``at`` on, and what its answer says; 0 = nothing."""

    at: float
    version: str
    number: int


@dataclass
class Editions:
    """A copy of this machine's knowledge and index in ``folder``."""

    folder: Path
    published: list[Edition] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def knowledge(self) -> Path:
        """Where entries are edited."""
        return self.folder / "knowledge"

    @property
    def index(self) -> Path:
        """Where versions are built."""
        return self.folder / "index"

    def copy(self) -> None:
        """Begin with what there is."""
        settings = load_settings()
        for source, copied in ((settings.knowledge_dir, self.knowledge), (settings.index_dir, self.index)):
            shutil.rmtree(copied, ignore_errors=True)
            shutil.copytree(source, copied)
        self.published.append(Edition(time.monotonic(), self._current(), 0))

    def allowed(self, asked: float, answered: float) -> dict[str, int]:
        """Editions by version that may answer: live at any moment from shortly before the question on."""
        until = [*(edition.at for edition in self.published[1:]), float("inf")]
        return {
            edition.version: edition.number
            for edition, end in zip(self.published, until, strict=False)
            if edition.at <= answered + GRACE and end > asked - GRACE
        }

    def changing(self, url: str, every: float) -> AbstractContextManager[None]:
        """Change and rebuild for as long as this lasts."""
        return beside(partial(self._change, url, every))

    def _change(self, url: str, every: float, stopping: threading.Event) -> None:
        started = time.monotonic()
        for number in range(1, 100_000):
            if stopping.wait(max(0.0, started + (number - 1) * every + _FIRST_AFTER - time.monotonic())):
                return
            try:
                self._rebuild(url, number)
            except (OSError, ValueError) as error:
                self.failed.append(f"edition {number}: {error}")

    def _rebuild(self, url: str, number: int) -> None:
        begun = time.monotonic()
        self.write(number)
        job = _call(f"{url}/admin/index/rebuild", b"")
        while job["state"] in ("queued", "running") and time.monotonic() < begun + _REBUILT_WITHIN:
            time.sleep(_POLL)
            self._note(number)
            if time.monotonic() % 1 < _POLL:
                job = _call(f"{url}/admin/jobs/{job['id']}")
        self._note(number)
        if job["state"] != "succeeded" or self.published[-1].number != number:
            raise ValueError(f"{job['state']}: {job['result']}")
        self.seconds.append(time.monotonic() - begun)

    def _note(self, number: int) -> None:
        if (version := self._current()) != self.published[-1].version:
            self.published.append(Edition(time.monotonic(), version, number))

    def write(self, number: int) -> None:
        """Change the knowledge, not yet the index."""
        file = self.knowledge / _FILE
        before, heading, after = file.read_text("utf-8").partition(_HEADING)
        plain = _EDITION.sub("", after)
        file.write_text(
            before + heading + _ANSWER.sub(lambda found: f"{found[0]}（第 {number} 版）", plain, count=1),
            "utf-8",
        )

    def _current(self) -> str:
        return (self.index / "CURRENT").read_text("utf-8").strip()


def edition_told(answer: str) -> int:
    """The edition that an answer speaks of; 0 = none."""
    found = _EDITION.search(answer)
    return int(found[1]) if found else 0


def _call(url: str, body: bytes | None = None, tries: int = 10) -> dict[str, object]:
    """The reply; who is turned away tries again, as a program should."""
    request = urllib.request.Request(url, body, {"Authorization": f"Bearer {ADMIN_KEY}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            answer: dict[str, object] = json.loads(response.read())
            return answer
    except urllib.error.HTTPError as error:
        if error.code != 503 or tries == 1:
            raise
        time.sleep(float(error.headers["Retry-After"]))
        return _call(url, body, tries - 1)
