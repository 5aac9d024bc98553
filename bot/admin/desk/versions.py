"""``/admin/versions``: what was built, what differs, and which one customers get."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bot.admin.desk.access import operator
from bot.admin.desk.given_numbers import number_given
from bot.admin.desk.text_diff import text_diff
from bot.admin.desk.versions_words import ACTIONS, COUNTS, FIELDS, STATES, TURNS
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import in_words, mark, ngettext
from bot.errors import BotError
from bot.pruning import rejection, superfluous
from bot.publishing_rejected import Approval
from bot.retrieval.versions import VersionStore
from bot.rolling_back import RolledBack
from bot.version_diff import VersionDiff, turned
from bot.versions_overview import State, VersionRow, overview

_EVENTS_SHOWN = 30
_LONGEST_REASON = 500


class Index(Protocol):
    """The operations on versions that the pages offer; each raises a BotError that names the remedy."""

    @property
    def store(self) -> VersionStore:
        """The index folder."""
        ...

    def roll_back(self, version: str, by: str, reason: str = ...) -> RolledBack:
        """Make an older version live."""
        ...

    def publish_rejected(self, version: str, approval: Approval) -> str:
        """Make a rejected version live; the one that was live before."""
        ...

    def load_version(self, version: str) -> object:
        """Load any version and compare its checksums."""
        ...

    def diff_versions(self, before: str, after: str) -> VersionDiff:
        """What changed from one to the other."""
        ...

    def prune(self, keep: int | None) -> list[str]:
        """Delete old versions; their names."""
        ...


def add_versions_pages(
    blueprint: Blueprint,
    index: Index,
    keep: int,
    audit: Callable[[str, str], None],
    notify: Callable[[str], None],
) -> None:
    """The list, a version, a comparison, and what can be done; ``keep``: how many old ones usually stay."""
    _add_reading(blueprint, index, keep)
    _add_publishing(blueprint, index, audit, notify)
    _add_pruning(blueprint, index, keep, audit, notify)
    _add_verifying(blueprint, index, notify)


def _add_reading(blueprint: Blueprint, index: Index, keep: int) -> None:
    @blueprint.get("/versions")
    def versions() -> str:
        rows = overview(index.store)
        events = index.store.history.events()[: -_EVENTS_SHOWN - 1 : -1]
        return _page("versions", rows=rows, events=events, keep=keep, actions=ACTIONS)

    @blueprint.get("/versions/diff")
    def version_diff() -> Response:
        names = [request.args.get(name, "") for name in ("before", "after")]
        before, after = (_row(index.store, name).name for name in names)
        return _shown(lambda: _comparison(index, before, after))

    @blueprint.get("/versions/<name>")
    def version(name: str) -> str:
        row = _row(index.store, name)
        failed = [result for result in row.run.results if not result.is_right] if row.run else []
        facts = {"live": index.store.current_name(), "report": rejection(index.store, name)}
        return _page("version", row=row, failed=failed, counts=COUNTS, **facts)


def _add_publishing(
    blueprint: Blueprint, index: Index, audit: Callable[[str, str], None], notify: Callable[[str], None]
) -> None:
    @blueprint.get("/versions/<name>/publish")
    def publish_version(name: str) -> Response:
        return _asking(index, _row(index.store, name))

    @blueprint.post("/versions/<name>/publish")
    def publish_now(name: str) -> Response:
        row, reason = _row(index.store, name), request.form.get("reason", "").strip()[:_LONGEST_REASON]
        if row.state is State.REJECTED and not reason:
            return _asking(index, row, _("Say why it is to be published all the same."))
        try:
            action = _publish(index, row, reason)
        except BotError as error:
            return _asking(index, row, str(error), HTTPStatus.CONFLICT)
        audit(action, f"{name}: {reason}" if reason else name)
        notify(_("Index %(name)s is live. Every worker answers from it within two seconds.") % {"name": name})
        return redirect(url_for("desk.versions"), 303)


def _add_pruning(
    blueprint: Blueprint,
    index: Index,
    keep: int,
    audit: Callable[[str, str], None],
    notify: Callable[[str], None],
) -> None:
    @blueprint.get("/versions/prune")
    def prune_versions() -> str:
        kept = number_given("keep", keep)
        return _page("prune", names=superfluous(index.store, kept, datetime.now(UTC)), keep=kept)

    @blueprint.post("/versions/prune")
    def prune_now() -> Response:
        gone = index.prune(number_given("keep", keep))
        if gone:
            audit(mark("Deleted versions"), ", ".join(gone))
        told = ngettext("%(count)s version was deleted.", "%(count)s versions were deleted.", len(gone))
        notify(told % {"count": len(gone)})
        return redirect(url_for("desk.versions"), 303)


def _add_verifying(blueprint: Blueprint, index: Index, notify: Callable[[str], None]) -> None:
    @blueprint.post("/versions/<name>/verify")
    def verify_version(name: str) -> Response:
        row = _row(index.store, name)
        try:
            index.load_version(row.name)
        except BotError as error:
            notify(
                _("Index %(name)s cannot serve: %(problem)s")
                % {"name": name, "problem": in_words(str(error))}
            )
        else:
            notify(_("Index %(name)s is whole: it loads, and every checksum is right.") % {"name": name})
        return redirect(url_for("desk.version", name=name), 303)


def _row(store: VersionStore, name: str) -> VersionRow:
    """The version of this name, and of no other; raises NotFound."""
    found = next((row for row in overview(store) if row.name == name), None)
    if found is None:
        raise NotFound(_("There is no such version any more. The list of versions shows what there is."))
    return found


def _publish(index: Index, row: VersionRow, reason: str) -> str:
    """Make it live; what was done, for the audit log."""
    by = operator().operator
    if row.state is State.REJECTED:
        index.publish_rejected(row.name, Approval(by, reason))
        return mark("Published a rejected version")
    index.roll_back(row.name, by, reason)
    return mark("Made an older version live")


def _asking(
    index: Index, row: VersionRow, problem: str = "", status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> Response:
    """The page that asks whether it is to go live; with a problem, why it did not."""
    live = index.store.current_name()
    page = _page("publish", row=row, live=live, problem=problem, reason=request.form.get("reason", ""))
    return make_response(page, status if problem else HTTPStatus.OK)


def _comparison(index: Index, before: str, after: str) -> str:
    found = index.diff_versions(before, after)
    rows = [row for row in overview(index.store) if row.manifest]
    turns = [turned(*pair) for pair in found.checks]
    names = {"field_names": FIELDS, "turn_names": TURNS}
    return _page("version_diff", found=found, rows=rows, turns=turns, text_diff=text_diff, **names)


def _shown(page: Callable[[], str]) -> Response:
    """The page; where a version cannot be read, why."""
    try:
        return make_response(page())
    except BotError as error:
        return make_response(_page("versions_problem", problem=str(error)), HTTPStatus.CONFLICT)


def _page(name: str, **values: object) -> str:
    return render_template(f"desk/{name}.html", when=_seconds, states=STATES, **values)


def _seconds(moment: str) -> float:
    """Of an ISO 8601 moment, since the epoch."""
    return datetime.fromisoformat(moment).timestamp()
