"""`docs/grafana.json`: a dashboard with a panel for every figure that a process counts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.metrics import MetricWrapperBase

from runtime import metrics

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT, COLUMNS = 8, 7, 3

ROWS: Mapping[str, Sequence[MetricWrapperBase]] = {
    "Commands and events": (metrics.COMMANDS, metrics.BATCH_COMMANDS, metrics.APPLIED),
    "Read models: lag, holes, what stands still": (
        metrics.LAG,
        metrics.STOPPED,
        metrics.PARKED,
        metrics.HOLES,
        metrics.REPEATS,
        metrics.FOREIGN,
        metrics.APPLY_EVENTS,
    ),
    "Conflicts and refused reactions": (metrics.CONFLICTS, metrics.REACTIONS_REFUSED),
    "Relay": (
        metrics.RELAY_BACKLOG,
        metrics.RELAY_AGE,
        metrics.RELAY_SENT,
        metrics.RELAY_LOSSES,
    ),
    "Anchors": (metrics.ANCHOR_AGE, metrics.ANCHORS_REFUSED),
}
"""Where each figure stands; one that is named nowhere here stands in a row of its own, last."""

ELSE = "More"


@dataclass(frozen=True)
class Panel:
    """One graph: what it shows, and a query with its legend for each line in it."""

    title: str
    description: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"


PROCESS = (
    Panel(
        "CPU",
        "Processor seconds in a second",
        (("rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}"),),
    ),
    Panel(
        "Memory",
        "Resident memory",
        (("process_resident_memory_bytes", "{{instance}}"),),
        "bytes",
    ),
    Panel(
        "Open files",
        "File descriptors in use, and how many there may be",
        (
            ("process_open_fds", "{{instance}}"),
            ("process_max_fds", "{{instance}} at most"),
        ),
    ),
    Panel(
        "Garbage collections",
        "Python's, a second",
        (
            (
                "rate(python_gc_collections_total[$__rate_interval])",
                "{{instance}} generation {{generation}}",
            ),
        ),
    ),
    Panel(
        "Up since",
        "When the process was started",
        (("process_start_time_seconds * 1000", "{{instance}}"),),
        "dateTimeFromNow",
    ),
)
"""What the Prometheus client counts by itself."""


def every_metric() -> list[MetricWrapperBase]:
    """Every figure of `runtime/metrics.py`, in its order."""
    return [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]


def papers() -> Mapping[str, str]:
    """`docs/grafana.json`."""
    return {"docs/grafana.json": json.dumps(_dashboard(), indent=2, ensure_ascii=False) + "\n"}


def panel_of(metric: MetricWrapperBase) -> Panel:
    """A counter as its rate, a histogram as its median and 99th percentile, a gauge as it is."""
    (family,) = metric.describe()
    labels = list(metric._labelnames)
    legend = " ".join(f"{{{{{label}}}}}" for label in labels)
    by = ", ".join(labels)
    unit = "s" if family.name.endswith("_seconds") else "short"
    if family.type == "counter":
        query = f"sum by ({by}) (rate({family.name}_total[$__rate_interval]))"
        return Panel(_title(family.name) + " a second", family.documentation, ((query, legend),))
    if family.type == "histogram":
        rate = f"sum by (le, {by}) (rate({family.name}_bucket[$__rate_interval]))"
        queries = tuple(
            (f"histogram_quantile({quantile}, {rate})", f"{legend} {name}".strip())
            for quantile, name in ((0.5, "median"), (0.99, "99th percentile"))
        )
        return Panel(_title(family.name), family.documentation, queries, unit)
    query = f"max by ({by}) ({family.name})"
    return Panel(_title(family.name), family.documentation, ((query, legend),), unit)


def _title(name: str) -> str:
    return name.removeprefix("reel_").replace("_", " ").capitalize()


def _rows() -> Iterator[tuple[str, list[Panel]]]:
    placed = [metric for row in ROWS.values() for metric in row]
    for title, row in ROWS.items():
        yield title, [panel_of(metric) for metric in row]
    if others := [metric for metric in every_metric() if metric not in placed]:
        yield ELSE, [panel_of(metric) for metric in others]
    yield "Processes", list(PROCESS)


def _dashboard() -> dict[str, Any]:
    return {
        "uid": "reel",
        "title": "Reel",
        "description": "What Reel's processes count. Made by `make generate`.",
        "tags": ["reel"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                    "refresh": 1,
                }
            ]
        },
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, y = 1, 0
    for title, panels in _rows():
        place = {"x": 0, "y": y, "w": WIDTH * COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": title, "gridPos": place, "panels": []}
        number, y = number + 1, y + 1
        for index, panel in enumerate(panels):
            x, below = index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT
            yield _drawn(panel, number, {"x": x, "y": y + below, "w": WIDTH, "h": HEIGHT})
            number += 1
        y += -(-len(panels) // COLUMNS) * HEIGHT


def _drawn(panel: Panel, number: int, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {"refId": letter, "datasource": DATASOURCE, "expr": query, "legendFormat": legend}
            for letter, (query, legend) in zip("ABCDEFGH", panel.queries, strict=False)
        ],
    }
