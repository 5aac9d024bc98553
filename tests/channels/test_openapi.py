"""The API's description and its page: true, complete, and served without the internet."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

PAGES = {
    "/",
    "/chat",
    "/chat/static/<path:filename>",
    "/widget.js",
    "/docs",
    "/docs/<path:name>",
    "/docs/static/<path:filename>",
    "/openapi.json",
}
# WeChat's side of this protocol is described by WeChat.
WECHAT = "/wechat/"
PARAMETER = re.compile("<(?:[a-z]+:)?")
ASSET = re.compile(r"""(?:src|href)=["']([^"']+)["']""")


@pytest.fixture
def document(indexless):
    return indexless.get("/openapi.json").json


def errors_of(document, operation, response):
    """What the description says is wrong with a real response."""
    described = operation["responses"][str(response.status_code)]["content"][response.mimetype]["schema"]
    schema = described | {"components": document["components"]}
    return [error.message for error in OAS31Validator(schema).iter_errors(response.json)]


def test_the_description_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_path_and_method_of_the_api_is_described(indexless, document):
    served = {
        (PARAMETER.sub("{", rule.rule).replace(">", "}"), method.lower())
        for rule in indexless.application.url_map.iter_rules()
        if rule.rule not in PAGES
        and not rule.rule.startswith(WECHAT)
        and rule.endpoint.split(".")[0] != "desk"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}

    assert served == described


@pytest.mark.model
@pytest.mark.parametrize("question", ["备案时间", "謝謝", "Who won the chess olympiad?", "😀"])
def test_replies_are_as_described(client, document, question):
    posted = client.post("/ask", json={"question": question})
    got = client.get("/ask", query_string={"question": question})

    assert 200 == posted.status_code == got.status_code
    assert errors_of(document, document["paths"]["/ask"]["post"], posted) == []
    assert errors_of(document, document["paths"]["/ask"]["get"], got) == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"x" * 70_000, 413), (b'{"question": "filing duration"}', 503)]
)
def test_problems_are_as_described(indexless, document, body, status):
    response = indexless.post("/ask", data=body)

    assert status == response.status_code
    assert errors_of(document, document["paths"]["/ask"]["post"], response) == []


@pytest.mark.model
def test_probes_are_as_described(client, indexless, document):
    for asked, path in ((client, "/readyz"), (indexless, "/readyz"), (indexless, "/healthz")):
        assert errors_of(document, document["paths"][path]["get"], asked.get(path)) == []


@pytest.mark.model
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": "x" * 501},
        {"question": 1},
        {"question": "hi", "language": "fr"},
        {"question": "hi", "language": "auto"},
        {"question": "hi", "language": None, "session_id": None},
        {"question": "hi", "session_id": "x" * 129},
    ],
)
def test_what_the_description_allows_is_what_is_accepted(client, document, body):
    schema = {"$ref": "#/components/schemas/AskRequest", "components": document["components"]}
    status = client.post("/ask", json=body).status_code

    assert OAS31Validator(schema).is_valid(body) is (status == 200)


def test_the_example_request_is_one_that_the_description_allows(document):
    schema = document["components"]["schemas"]["AskRequest"]

    assert schema["examples"]
    assert all(OAS31Validator(schema).is_valid(example) for example in schema["examples"])


def test_the_docs_page_and_its_assets_load_from_this_server(indexless):
    page = indexless.get("/docs")
    assets = [address for address in ASSET.findall(page.text) if not address.startswith("data:")]

    assert page.status_code == 200 and page.mimetype == "text/html"
    assert len(assets) >= 2
    for address in assets:
        with indexless.get(address) as response:
            assert (response.status_code, urlsplit(address).netloc) == (200, ""), address
            assert len(response.data) > 100


def test_the_docs_page_names_no_other_host(indexless):
    page = indexless.get("/docs").text

    assert "/openapi.json" in page
    assert re.search(r"(https?:)?//[\w-]", page) is None


@pytest.mark.parametrize(
    "path",
    [
        "/docs/../../../../etc/passwd",
        "/docs/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/docs/%2e%2e/__init__.py",
        "/docs/css/../../../__init__.py",
        "/docs/..%5c..%5c__init__.py",
        "/docs//etc/passwd",
        "/docs/%2fetc%2fpasswd",
        "/docs/css",
        "/docs/%00",
        "/docs/js/swagger-ui-bundle.js%00.css",
    ],
)
def test_no_file_outside_the_assets_is_served(indexless, path):
    response = indexless.get(path, follow_redirects=True)

    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
