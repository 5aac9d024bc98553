"""Names that would lead elsewhere: hosts, versions, entries, and sessions that somebody else chose."""

from __future__ import annotations

import pytest

from bot.admin.desk.access import COOKIE
from tests.admin.desk.conftest import NAME, PASSWORD

ELSEWHERE = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
NAMES = [
    "..",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f%2e%2e%2fdata",
    "rejected",
    ".building-x",
    "%00",
    "CURRENT",
    "a" * 5000,
]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/chat",
        "/widget.js",
        "/docs",
        "/openapi.json",
        "/admin",
        "/admin/",
        "/admin/login",
        "/admin//login",
        "/nowhere",
    ],
)
def test_no_page_repeats_the_host_that_a_request_names(stranger, path):
    with stranger.http.get(path, headers=ELSEWHERE) as response:
        assert "evil.example" not in response.get_data(as_text=True) + str(response.headers)


@pytest.mark.parametrize("name", NAMES)
def test_a_version_by_another_name_is_none(operator, name):
    for path in (
        f"/versions/{name}",
        f"/versions/{name}/publish",
        f"/versions/diff?before={name}&after={name}",
    ):
        assert operator.get(path).status_code in (400, 404)
    for path in (f"/versions/{name}/publish", f"/versions/{name}/verify"):
        assert operator.post(path, reason="x").status_code in (400, 404, 405)


@pytest.mark.parametrize("name", ["..", "../../data", "rejected", "."])
@pytest.mark.parametrize("command", ["rollback", "verify", "publish"])
def test_a_command_takes_no_path_for_a_version(fresh_cli, name, command):
    arguments = ["--reason", "x"] if command == "publish" else []
    done = fresh_cli("index", command, name, *arguments)

    assert done.exit_code != 0 and "Error" in done.output + str(done.exception)


@pytest.mark.parametrize("entry", ["..%2f..%2fetc", "../../x", "%00", "a" * 5000])
def test_an_entry_by_another_name_is_none(reader, entry):
    assert reader.get(f"/entries/zh/{entry}").status_code in (400, 404)


@pytest.mark.parametrize("entry", ["..%2f..%2fetc", "../../x", "%00", "a" * 5000])
def test_an_entry_by_another_name_is_not_edited(operator, entry):
    assert operator.get(f"/entries/zh/{entry}/edit").status_code in (400, 404)


def test_a_session_that_somebody_else_chose_is_not_taken_over(stranger):
    stranger.get("/login")
    stranger.http.set_cookie(COOKIE, "chosen-by-somebody-else", path="/admin")
    stranger.log_in(NAME, PASSWORD)
    given = stranger.http.get_cookie(COOKIE, path="/admin").value
    stranger.http.set_cookie(COOKIE, "chosen-by-somebody-else", path="/admin")

    assert given != "chosen-by-somebody-else" and len(given) >= 32
    assert stranger.get("/").status_code == 303
