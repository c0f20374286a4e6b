"""What the committed dashboards and rules ask for."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import deploy.grafana
import deploy.prometheus

GRAFANA = Path(deploy.grafana.__file__).parent
PROMETHEUS = Path(deploy.prometheus.__file__).parent
RULES = sorted((PROMETHEUS / "rules").glob("*.yaml"))
RUNBOOKS = PROMETHEUS.parents[1] / "docs" / "runbooks"
MACROS = {"$__range": "5m", "$__rate_interval": "1m"}

_METRIC = re.compile(r"\bd115_[a-z0-9_]+")
_PARTS = re.compile(r"_(bucket|count|sum)$")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of one panel; `panel` names it for people."""

    panel: str
    text: str


def dashboards() -> dict[str, dict[str, Any]]:
    """Return the committed dashboards by file name."""
    return {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((GRAFANA / "dashboards").glob("*.json"))
    }


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each panel with a name for people."""
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            yield f"{name}: {panel['title']}", panel


def expressions() -> list[Asked]:
    """Return every PromQL expression of the dashboards, as Grafana would ask it."""
    return [
        Asked(name, _plain(target["expr"]))
        for name, panel in panels()
        for target in panel["targets"]
        if "expr" in target
    ]


def statements(since: str, until: str) -> list[Asked]:
    """Return every SQL statement of the dashboards, as Grafana would ask it of a range."""
    return [
        Asked(name, _sql(target["rawSql"], since, until))
        for name, panel in panels()
        for target in panel["targets"]
        if "rawSql" in target
    ]


def rules() -> list[dict[str, Any]]:
    """Return all rules."""
    return [
        rule
        for path in RULES
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def metrics_of(text: str) -> set[str]:
    """Name the metrics of ours in an expression, histograms without their parts."""
    return {_PARTS.sub("", name) for name in _METRIC.findall(text)}


def _plain(expr: str) -> str:
    for macro, value in MACROS.items():
        expr = expr.replace(macro, value)
    return expr


def _sql(text: str, since: str, until: str) -> str:
    text = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 between '{since}' and '{until}'", text)
    return text.replace("$__timeFrom()", f"'{since}'").replace("$__timeTo()", f"'{until}'")
