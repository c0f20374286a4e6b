"""Small builders of Grafana's dashboard JSON; only what our four dashboards use."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

COLUMNS = 24
SCHEMA_VERSION = 39
ZONE = "Asia/Shanghai"

PROMETHEUS = {"type": "prometheus", "uid": "${prometheus}"}
POSTGRES = {"type": "grafana-postgresql-datasource", "uid": "${postgres}"}


class Sort(StrEnum):
    """How a panel shows what it asks."""

    STAT = "stat"
    LINES = "timeseries"
    TABLE = "table"
    BARS = "bargauge"
    HEAT = "heatmap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question in PromQL.

    Attributes:
        expr: The expression.
        legend: How its series are named, such as `{{leg}}`.
        exemplars: Show the traces behind single observations.
    """

    expr: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sql:
    """A question to the read-only views.

    Attributes:
        text: The statement; `$__timeFilter(column)` is the range that is shown.
        over_time: Its first column is `time`, and it is drawn as lines.
    """

    text: str
    over_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel.

    Attributes:
        zh: Its title in Chinese.
        en: Its title in English.
        asks: Its questions, all of one data source.
        about: What it means, in English.
        unit: By Grafana's names: `s`, `percentunit`, `short`, `ops`.
        width: Of 24 columns.
        height: In Grafana's rows.
        red_from: From which value on it is red; None for never.
        red_below: Below which value it is red.
        runbook: The alarm that belongs to it.
    """

    zh: str
    en: str
    asks: Sequence[Ask | Sql]
    about: str
    sort: Sort = Sort.LINES
    unit: str = "short"
    width: int = 8
    height: int = 8
    red_from: float | None = None
    red_below: float | None = None
    runbook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard; its panels stand in reading order."""

    uid: str
    zh: str
    en: str
    since: str
    panels: Sequence[Panel]


def build(dashboard: Dashboard) -> dict[str, Any]:
    """Return a dashboard as Grafana's JSON."""
    return {
        "uid": dashboard.uid,
        "id": None,
        "title": f"{dashboard.zh} / {dashboard.en}",
        "tags": ["d115"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "timezone": ZONE,
        "refresh": "10s",
        "time": {"from": dashboard.since, "to": "now"},
        "templating": {
            "list": [_variable("prometheus", PROMETHEUS), _variable("postgres", POSTGRES)]
        },
        "annotations": {"list": [_alarms()]},
        "links": [],
        "panels": list(_placed(dashboard.panels)),
    }


def _variable(name: str, source: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "type": "datasource", "query": source["type"], "hide": 0, "label": name}


def _alarms() -> dict[str, Any]:
    return {
        "name": "告警 / Alarms",
        "datasource": PROMETHEUS,
        "enable": True,
        "expr": 'ALERTS{alertstate="firing", alertname!="D115Watchdog"}',
        "iconColor": "red",
        "titleFormat": "{{alertname}}",
    }


def _placed(panels: Sequence[Panel]) -> Iterator[dict[str, Any]]:
    """Lay panels out from left to right, in rows as high as their highest."""
    left = top = row = 0
    for number, panel in enumerate(panels, start=1):
        if left + panel.width > COLUMNS:
            left, top, row = 0, top + row, 0
        yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": panel.height})
        left, row = left + panel.width, max(row, panel.height)


def _panel(panel: Panel, number: int, place: Mapping[str, int]) -> dict[str, Any]:
    source = POSTGRES if isinstance(panel.asks[0], Sql) else PROMETHEUS
    about = panel.about
    if panel.runbook is not None:
        about += f"\n\n[{panel.runbook}](docs/runbooks/{panel.runbook}.md)"
    return {
        "id": number,
        "type": panel.sort.value,
        "title": f"{panel.zh} / {panel.en}",
        "description": about,
        "datasource": source,
        "gridPos": dict(place),
        "targets": [
            _target(ask, ref, table=panel.sort is Sort.TABLE)
            for ref, ask in zip("ABCDEF", panel.asks, strict=False)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel.sort),
    }


def _target(ask: Ask | Sql, ref: str, *, table: bool) -> dict[str, Any]:
    if isinstance(ask, Sql):
        form = "time_series" if ask.over_time else "table"
        return {
            "refId": ref,
            "datasource": POSTGRES,
            "rawQuery": True,
            "editorMode": "code",
            "format": form,
            "rawSql": ask.text,
        }
    return {
        "refId": ref,
        "datasource": PROMETHEUS,
        "expr": ask.expr,
        "legendFormat": ask.legend or "__auto",
        "exemplar": ask.exemplars,
        "instant": table,
        "range": not table,
        "format": "table" if table else "time_series",
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    return {
        "unit": panel.unit,
        "thresholds": {"mode": "absolute", "steps": _steps(panel)},
        "color": {"mode": "thresholds" if panel.sort is Sort.STAT else "palette-classic"},
        "noValue": "无 / none",
    }


def _steps(panel: Panel) -> list[dict[str, Any]]:
    if panel.red_from is not None:
        return [{"color": "green", "value": None}, {"color": "red", "value": panel.red_from}]
    if panel.red_below is not None:
        return [{"color": "red", "value": None}, {"color": "green", "value": panel.red_below}]
    return [{"color": "blue", "value": None}]


def _options(sort: Sort) -> dict[str, Any]:
    if sort is Sort.STAT:
        last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": last, "colorMode": "background", "textMode": "value_and_name"}
    if sort is Sort.LINES:
        return {"legend": {"displayMode": "list", "placement": "bottom"}}
    return {}
