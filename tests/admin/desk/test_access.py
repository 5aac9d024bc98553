"""Who gets into the desk, and what only its own pages may do."""

from __future__ import annotations

import pytest

from tests.admin.desk.conftest import NAME, PASSWORD, Operator


def test_the_desk_is_closed_until_there_is_a_password(desk_app):
    page = Operator(desk_app).get("/audit")

    assert page.status_code == 403
    assert "flask --app wsgi admin password" in page.text


def test_a_stranger_is_asked_to_log_in_and_comes_to_the_page_they_wanted(stranger):
    turned_away = stranger.get("/audit?before=7")
    assert (turned_away.status_code, turned_away.location) == (
        303,
        "/admin/login?next=/admin/audit?before%3D7",
    )

    form = stranger.get("/login?next=/admin/audit?before%3D7")
    assert 'value="/admin/audit?before=7"' in form.text
    assert stranger.log_in(next="/admin/audit?before=7").location == "/admin/audit?before=7"
    assert "Nobody has changed anything yet" in stranger.get("/audit").text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/admin/\\evil.example", "/adminevil", "/chat"]
)
def test_nobody_is_led_away_after_logging_in(stranger, target):
    assert stranger.log_in(next=target).location == "/admin/"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(stranger):
    cookie = stranger.log_in().headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/admin" in cookie
    assert "Secure" not in cookie


def test_over_https_the_session_cookie_stays_there(stranger):
    response = stranger.http.post(
        "/admin/login", data={"name": NAME, "password": PASSWORD}, base_url="https://localhost"
    )

    assert "Secure" in response.headers["Set-Cookie"]


@pytest.mark.parametrize(("name", "password"), [(NAME, "correct horse"), ("nobody", PASSWORD), (NAME, "")])
def test_a_wrong_name_or_password_says_the_same(stranger, name, password):
    refused = stranger.log_in(name, password)

    assert refused.status_code == 401
    assert "The name or the password is wrong." in refused.text
    assert "Set-Cookie" not in refused.headers
    assert stranger.get("/audit").status_code == 303


def test_after_five_wrong_attempts_the_right_password_must_wait_too(stranger):
    for _ in range(5):
        assert stranger.log_in(password="wrong wrong wrong").status_code == 401
    refused = stranger.log_in()

    assert refused.status_code == 429
    assert "Try again in 15 minutes." in refused.text
    assert 890 <= int(refused.headers["Retry-After"]) <= 900


def test_other_addresses_may_go_on(stranger):
    for _ in range(5):
        stranger.log_in(password="wrong wrong wrong")
    elsewhere = stranger.http.post(
        "/admin/login",
        data={"name": NAME, "password": PASSWORD},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )

    assert elsewhere.status_code == 303


def test_logging_in_forgets_the_wrong_attempts(stranger):
    for _ in range(3):
        for _ in range(4):
            stranger.log_in(password="wrong wrong wrong")
        assert stranger.log_in().status_code == 303


def test_a_form_without_the_token_is_refused(operator):
    refused = operator.post("/logout", csrf_token="")

    assert refused.status_code == 403
    assert "This form is out of date." in refused.text
    assert operator.get("/audit").status_code == 200


def test_another_sessions_token_is_refused(operator, desk_app):
    other = Operator(desk_app)
    other.log_in()
    other.get("/audit")

    assert operator.post("/logout", csrf_token=other._token).status_code == 403


def test_a_script_sends_the_token_in_a_header(operator):
    sent = operator.post("/logout", headers={"X-CSRF-Token": operator._token}, csrf_token="")

    assert sent.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_forms_of_other_sites_are_refused_even_with_the_token(operator, headers):
    refused = operator.post("/logout", headers=headers)

    assert refused.status_code == 403
    assert "This form was sent from another page." in refused.text


def test_other_sites_cannot_log_a_browser_in(stranger):
    refused = stranger.post("/login", {"Sec-Fetch-Site": "cross-site"}, name=NAME, password=PASSWORD)

    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers


def test_logging_out_ends_the_session_for_whoever_has_the_cookie(operator):
    cookie = operator.http.get_cookie("desk", path="/admin").value
    assert operator.post("/logout").status_code == 303
    operator.http.set_cookie("desk", cookie, path="/admin")

    assert operator.get("/audit").status_code == 303


def test_a_new_password_logs_everybody_of_the_name_out(operator, stores):
    stores.desk_access.set_password(NAME, "another long password")

    assert operator.get("/audit").status_code == 303


def test_pages_are_not_kept_by_browsers_nor_run_what_is_not_ours(operator):
    page = operator.get("/audit")

    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


def test_a_page_that_is_not_there_says_so_as_a_page(operator):
    page = operator.get("/nothing")

    assert page.status_code == 404
    assert "There is no such page. Choose one from the menu." in page.text
    assert 'href="/admin/audit"' in page.text


def test_errors_are_said_in_the_readers_language(stranger, desk_app):
    browser = Operator(desk_app, "zh-CN")
    browser.log_in()
    page = browser.get("/nothing").text

    assert "<h1>404 找不到</h1>" in page
    assert "Not Found" not in page
    browser.get("/audit")
    too_long = browser.post("/entries/draft", **{"zh-answer": "长" * 70_000})
    assert too_long.status_code == 413
    assert "删减后再提交" in too_long.text


def test_what_goes_wrong_is_said_as_a_page(operator, desk_app, caplog):
    def breaks():
        raise OverflowError("too large for a column")

    shown = next(rule.endpoint for rule in desk_app.url_map.iter_rules() if rule.rule == "/admin/audit")
    desk_app.view_functions[shown] = breaks
    page = operator.get("/audit")

    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "look for the number of the request in the log" in page.text
    assert "OverflowError" not in page.text
    assert "OverflowError" in caplog.text


def test_a_stranger_does_not_learn_what_pages_there_are(stranger):
    assert stranger.get("/nothing").status_code == stranger.get("/audit").status_code == 303


def test_the_api_with_a_key_stays_what_it_was(stranger):
    refused = stranger.http.get("/admin/jobs/1")

    assert refused.status_code == 403
    assert refused.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "操作记录"), ("zh-TW", "操作記錄"), ("en", "Audit log")]
)
def test_pages_are_in_the_browsers_language(stranger, desk_app, language, title):
    browser = Operator(desk_app, language)
    browser.log_in()

    assert f"<h1>{title}</h1>" in browser.get("/audit").text


def test_a_chosen_language_stays(operator):
    chosen = operator.post("/language", language="zh-Hans", next="/admin/audit")

    assert chosen.location == "/admin/audit"
    assert "<h1>操作记录</h1>" in operator.get("/audit").text


def test_what_operators_did_is_listed_newest_first(operator, stores):
    stores.audit.record(NAME, "Audit log", "the first")
    stores.audit.record("<b>li</b>", "Audit log", "the second")
    page = operator.get("/audit").text

    assert page.index("the second") < page.index("the first")
    assert "&lt;b&gt;li&lt;/b&gt;" in page


def test_a_notice_is_shown_once(operator, stores):
    token = operator.http.get_cookie("desk", path="/admin").value
    stores.desk_access.leave_notice(token, "Saved.")

    assert '<p class="notice" role="status">Saved.</p>' in operator.get("/audit").text
    assert "Saved." not in operator.get("/audit").text
