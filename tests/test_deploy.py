"""The files in deploy/ fit the program: its settings, its paths, its requirements."""

from __future__ import annotations

import configparser
import re

import pytest
import yaml

from bot.admin.desk.access import LARGEST_FORM
from bot.app import create_app
from bot.channels.problems import MAX_BODY
from bot.settings import PREFIX, PROJECT, Settings

DEPLOY = PROJECT / "deploy"
DOCKER = DEPLOY / "docker"
UNIT = DEPLOY / "systemd" / "wechat-bot.service"
NGINX = DEPLOY / "nginx" / "wechat-bot.conf"
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}


def settings_named(text):
    """Names of settings, those of files with secrets too."""
    return {name.removesuffix("_FILE") for name in re.findall(r"\bBOT_[A-Z_]*[A-Z]\b", text)}


@pytest.mark.parametrize(
    "file", [UNIT, DOCKER / "Dockerfile", DOCKER / "compose.yml"], ids=lambda file: file.name
)
def test_only_settings_that_exist_are_set(file):
    named = settings_named(file.read_text())

    assert named
    assert named - {"BOT_PUBLISHED_PORT"} <= VARIABLES


@pytest.mark.parametrize("file", sorted(DEPLOY.rglob("*.yml")), ids=lambda file: file.name)
def test_yaml_can_be_read(file):
    assert yaml.safe_load(file.read_text())


def instructions(word):
    """The arguments of an instruction of the Dockerfile."""
    lines = re.sub(r"\\\n", " ", (DOCKER / "Dockerfile").read_text()).splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"{word} ")]


def test_the_image_takes_files_that_exist_and_are_not_ignored():
    taken = {source for line in instructions("COPY") if "--from" not in line for source in line.split()[:-1]}
    ignore = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()

    assert taken == {line.removeprefix("!") for line in ignore if line.startswith("!")}
    assert all((PROJECT / source).exists() for source in taken)


def test_the_image_runs_without_privileges_and_says_how_it_is():
    assert instructions("USER") == ["bot"]
    assert "/readyz" in instructions("HEALTHCHECK")[0]
    assert {line.split()[0] for line in instructions("FROM")} == {"python:3.11-slim", "serving"}


def test_what_the_image_leaves_out_is_what_the_requirements_call_needless_for_serving():
    requirements = (PROJECT / "requirements.txt").read_text()
    group = requirements.split("# preparing the model and building the index")[1].split("\n\n")[0]
    (pattern,) = set(re.findall(r"grep -vE '\^\(([^)]*)\)=='", (DOCKER / "Dockerfile").read_text()))
    left_out = set(pattern.split("|"))

    # Building needs scikit-learn; the rest is for preparing the model.
    assert left_out == set(re.findall(r"^([\w-]+)==", group, re.MULTILINE)) - {"scikit-learn"}


def test_compose_mounts_files_that_exist_and_opens_ports_to_this_machine_only():
    compose = yaml.safe_load((DOCKER / "compose.yml").read_text())
    mounted = [
        volume.split(":")[0] for service in compose["services"].values() for volume in service["volumes"]
    ]
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]

    for source in mounted:
        assert (DOCKER / source).exists() if source.startswith(".") else source in compose["volumes"]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert (DOCKER / compose["services"]["bot"]["build"]["context"] / "requirements.txt").exists()
    assert {name for name, service in compose["services"].items() if "profiles" not in service} == {"bot"}


def test_prometheus_looks_where_compose_has_the_bot():
    compose = yaml.safe_load((DOCKER / "compose.yml").read_text())
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    ((target,),) = [found["targets"] for found in job["static_configs"]]

    assert target.split(":")[0] in compose["services"]
    assert target.split(":")[1] == str(Settings.model_fields["port"].default)
    assert job["job_name"] == "wechat-bot"
    assert config["rule_files"] == ["alerts.yml"]


@pytest.fixture(scope="module")
def unit():
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(UNIT)
    return parser


def test_the_service_may_write_nothing_but_its_own_state(unit):
    service = unit["Service"]
    folders = re.findall(r"^Environment=BOT_\w+_DIR=(.*)$", UNIT.read_text(), re.MULTILINE)

    assert (service["ProtectSystem"], service["NoNewPrivileges"], service["CapabilityBoundingSet"]) == (
        "strict",
        "yes",
        "",
    )
    assert len(folders) == 3
    assert all(folder.startswith(f"/var/lib/{service['StateDirectory']}/") for folder in folders)


def test_a_restart_of_the_service_leaves_a_rebuild_alone(unit):
    assert unit["Service"]["KillMode"] == "process"
    assert int(unit["Service"]["TimeoutStopSec"]) > 30


def locations():
    """Bodies of nginx's locations by what they match."""
    found = re.findall(r"^    location ([^{]*) \{\n(.*?)^    \}", NGINX.read_text(), re.MULTILINE | re.DOTALL)
    return {match: body for match, body in found if not match.startswith("@")}


def test_nginx_closes_metrics_and_lets_wechats_few_addresses_through():
    assert "deny all;" in locations()["= /metrics"]
    assert "limit_req" in locations()["/"] and "limit_req" not in locations()["/wechat/"]
    assert all("proxy_pass http://wechat_bot;" in body for body in locations().values())


def test_nginx_names_paths_that_the_bot_has(tmp_path):
    app = create_app(Settings(index_dir=tmp_path, data_dir=tmp_path))
    routes = [rule.rule for rule in app.url_map.iter_rules()]

    for path in (match.removeprefix("= ") for match in locations()):
        assert any(route.startswith(path) for route in routes)


def test_nginx_leaves_it_to_the_bot_to_refuse_a_body_that_is_a_little_too_large():
    limit, of_desk = re.findall(r"client_max_body_size (\d+)k;", NGINX.read_text())

    assert MAX_BODY < int(limit) * 1024 < 2 * MAX_BODY
    assert LARGEST_FORM < int(of_desk) * 1024 < 2 * LARGEST_FORM


def test_nginx_writes_no_questions_and_takes_no_clients_word_for_its_address():
    text = NGINX.read_text()
    log = re.search(r"log_format wechat_bot.*?;", text, re.DOTALL)[0]

    assert not set(re.findall(r"\$\w+", log)) & {
        "$request",
        "$request_uri",
        "$args",
        "$query_string",
        "$http_referer",
    }
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "proxy_set_header X-Request-ID $request_id;" in text
