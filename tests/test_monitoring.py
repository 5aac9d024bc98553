"""Documentation, alert rules and dashboard speak of the metrics that /metrics really offers."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.channels.metrics.blueprint import Metrics
from bot.channels.metrics.wechat import OutboxCollector
from bot.channels.overload import Shed
from bot.channels.requests import ServedRequest
from bot.domain import AskedQuestion, Backlog, IndexState, LoggedQuestion, LogState, Stage
from bot.settings import PROJECT

DEPLOY = PROJECT / "deploy"
ROW = re.compile(r"^\| `(bot_\w+)(?:\{([^}]*)\})?` \| (\w+) \|", re.MULTILINE)
SELECTOR = re.compile(r"(bot_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
GROUPING = re.compile(r"\b(?:by|on|without) \(([^)]*)\)")
# What Prometheus adds to every sample, and what the buckets of a histogram have.
ADDED = {"job", "instance", "le"}


@pytest.fixture(scope="module")
def offered():
    """Types and labels of all metrics, after one event of every kind."""
    metrics = Metrics(looked_up=[OutboxCollector(lambda: [Backlog("mini:default")])])
    metrics.requests.shed(Shed.REFUSED)
    metrics.requests.served(ServedRequest("GET", "/ask", 200, 0.01))
    asked = AskedQuestion("en", "how long", "answer", "filing-time", 0.9, "v1")
    metrics.answers.answered(LoggedQuestion(asked, "ask", "", 0.0, 10.0, "r1"))
    metrics.answers.stage_ended(Stage.EMBEDDING, 0.004)
    metrics.index.changed(IndexState("v1", "2026-11-22T12:00:00+00:00", 1000.0))
    metrics.log.changed(LogState())
    metrics.wechat.delivered("mini:default", "text", "settled")
    metrics.wechat.called("/send", "0", 0.1)
    metrics.wechat.attempted("mini:default", "sent")
    families = text_string_to_metric_families(metrics.text().decode())
    return {name_of(family): (family.type, labels_of(family)) for family in families}


def name_of(family):
    return f"{family.name}_total" if family.type == "counter" else family.name


def labels_of(family):
    return {label for sample in family.samples for label in sample.labels} - {"le"}


def test_every_metric_of_every_subject_had_its_event(offered):
    assert len(offered) == 21
    assert all(kind in ("counter", "gauge", "histogram") for kind, _ in offered.values())


def test_names_follow_prometheus_conventions(offered):
    for name, (kind, _) in offered.items():
        assert name.startswith("bot_")
        assert name.endswith("_total") is (kind == "counter")
        assert not re.search(r"_(ms|milliseconds|minutes)$", name)


@pytest.mark.parametrize("page", ["monitoring.md", "monitoring.zh-CN.md"])
def test_the_table_lists_exactly_what_is_offered(offered, page):
    rows = ROW.findall((PROJECT / "docs" / page).read_text("utf-8"))
    table = {name: (kind, set(filter(None, labels.split(", ")))) for name, labels, kind in rows}

    assert len(rows) == len(table)
    assert table == offered


def rules():
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard():
    return json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def expressions():
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    annotated = [annotation["expr"] for annotation in dashboard()["annotations"]["list"]]
    return [rule["expr"] for rule in rules()] + asked + annotated


def series_of(offered):
    """All names under which samples of the metrics are stored, with their labels."""
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return {
        name + part: labels for name, (kind, labels) in offered.items() for part in parts.get(kind, ("",))
    }


@pytest.mark.parametrize("expression", expressions())
def test_rules_and_panels_ask_for_metrics_and_labels_that_exist(offered, expression):
    series = series_of(offered)
    asked = SELECTOR.findall(expression)
    known = ADDED.union(*(series.get(name, set()) for name, _ in asked))
    grouped = {label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",")}

    assert asked or expression == 'up{job="wechat-bot"} == 0'
    for name, matchers in asked:
        assert name in series
        assert set(MATCHER.findall(matchers)) <= series[name] | ADDED
    assert grouped <= known


def test_every_metric_is_on_the_dashboard(offered):
    shown = {
        name
        for panel in panels()
        for target in panel["targets"]
        for name, _ in SELECTOR.findall(target["expr"])
    }

    assert {name for name in offered if not any(found.startswith(name) for found in shown)} == set()


def test_every_alert_says_what_to_do():
    names = [rule["alert"] for rule in rules()]

    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"]["summary"] and rule["annotations"]["remedy"]


def test_every_alert_with_labels_in_its_words_has_them(offered):
    for rule in rules():
        named = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        known = {label for name, _ in SELECTOR.findall(rule["expr"]) for label in series_of(offered)[name]}
        assert named <= known | ADDED


def test_the_dashboard_asks_for_its_data_source_everywhere():
    variables = {variable["name"]: variable for variable in dashboard()["templating"]["list"]}
    named = [panel["datasource"] for panel in panels()]
    named += [target["datasource"] for panel in panels() for target in panel["targets"]]
    named += [annotation["datasource"] for annotation in dashboard()["annotations"]["list"]]

    assert variables["datasource"]["type"] == "datasource"
    assert {source["uid"] for source in named} == {"${datasource}"}
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])


def test_panels_lie_beside_each_other():
    taken = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + column, place["y"] + line)
            for column in range(place["w"])
            for line in range(place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
