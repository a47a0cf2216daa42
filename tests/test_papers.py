"""The papers that follow from the rooms are those that the rooms make now."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from prometheus_client import Counter

from events.envelope import Recorded, cloud_event_headers
from events.event import Event, catalogue
from runtime import metrics, rooms
from runtime.kafka import anchors
from runtime.papers import asyncapi, grafana, schemas, shelf

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "tests" / "samples"
EVENTS = [pytest.param(shape, id=shape.__name__) for _, shape in sorted(catalogue().items())]
PAPERS = shelf.all_papers()
FAULTS = {fault.path: fault for fault in shelf.faults(PAPERS)}


@pytest.mark.parametrize("path", sorted(PAPERS))
def test_a_committed_paper_is_what_the_rooms_say(path: str) -> None:
    assert path not in FAULTS, str(FAULTS[path])


def test_no_paper_outlives_what_it_is_of() -> None:
    assert shelf.leftovers(PAPERS) == [], "run `make generate`"


def test_the_same_rooms_make_the_same_papers() -> None:
    assert shelf.all_papers() == PAPERS


def test_a_paper_that_differs_is_told_with_its_cure(tmp_path: Path) -> None:
    (fault,) = shelf.faults({"docs/one.md": "new\n"}, tmp_path)
    assert str(fault) == "docs/one.md is missing: run `make generate`, and commit what it writes"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/one.md").write_text("old\n")
    (fault,) = shelf.faults({"docs/one.md": "new\n"}, tmp_path)
    assert "differs" in str(fault) and "make generate" in str(fault)


# --- shapes of events ------------------------------------------------------------------------


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_the_golden_sample_of_an_event_fits_its_schema(sample: Path) -> None:
    schema = json.loads(PAPERS[f"{schemas.FOLDER}/{sample.name}"])
    jsonschema_rs.validator_for(schema).validate(json.loads(sample.read_text()))


@pytest.mark.parametrize("shape", EVENTS)
def test_a_schema_refuses_a_field_that_no_reader_knows(shape: type[Event]) -> None:
    schema = json.loads(PAPERS[schemas.path_of(*shape.wire())])
    assert schema["additionalProperties"] is False
    jsonschema_rs.meta.validate(schema)
    assert schema["description"] and schema["title"].startswith(shape.wire()[0])


def changed(schema: dict[str, Any], how: str) -> dict[str, Any]:
    field = schema["required"][-1]
    properties, required = schema["properties"], schema["required"]
    if how == "a required field is gone":
        properties = {name: told for name, told in properties.items() if name != field}
        required = [name for name in required if name != field]
    elif how == "a required field is new":
        properties, required = properties | {"by": {"type": "string"}}, [*required, "by"]
    elif how == "a field may be left out":
        properties = properties | {"by": {"type": "string", "default": "x"}}
    elif how == "a field has another type":
        properties = properties | {field: {"type": "boolean"}}
    return schema | {"properties": properties, "required": required}


@pytest.mark.parametrize(
    "how",
    [
        "a required field is gone",
        "a required field is new",
        "a field may be left out",
        "a field has another type",
    ],
)
def test_a_shape_that_changes_under_its_number_is_refused(tmp_path: Path, how: str) -> None:
    path = "docs/events/budget.BudgetLocked.v2.json"
    lying = tmp_path / path
    lying.parent.mkdir(parents=True)
    lying.write_text(PAPERS[path])
    now = json.dumps(changed(json.loads(PAPERS[path]), how))
    (fault,) = shelf.breaks({path: now}, tmp_path)
    assert "raise SCHEMA_VERSION" in str(fault)
    assert "keep the old class as BudgetLockedV2" in str(fault)
    assert shelf.faults({path: now}, tmp_path) == [fault]


def test_other_words_for_the_same_shape_break_nothing(tmp_path: Path) -> None:
    path = "docs/events/budget.BudgetLocked.v2.json"
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(PAPERS[path])
    now = json.dumps(json.loads(PAPERS[path]) | {"description": "It was locked."})
    assert shelf.breaks({path: now}, tmp_path) == []
    assert len(shelf.faults({path: now}, tmp_path)) == 1


def test_every_event_stands_in_the_catalogue_with_its_sentence() -> None:
    listed = PAPERS["docs/events/README.md"]
    for wire, version in catalogue():
        name = wire.partition(".")[2]
        assert re.search(rf"\| {name} \| \[{version}\]\({re.escape(wire)}\.v", listed), wire


# --- topics ----------------------------------------------------------------------------------

DOCUMENT = yaml.safe_load(PAPERS["docs/asyncapi.yaml"])


def test_every_log_has_its_topic_and_every_fact_of_it_a_shape() -> None:
    addresses = [channel["address"] for channel in DOCUMENT["channels"].values()]
    assert addresses == [f"reel.{log}" for log in (*rooms.services(), anchors.NAME)]
    assert DOCUMENT["asyncapi"].startswith("3.")
    for log in rooms.services():
        message = DOCUMENT["components"]["messages"][f"{log}:Message"]
        shapes = {one["$ref"].rpartition("/")[2] for one in message["payload"]["anyOf"]}
        assert {shape.__name__ for shape in asyncapi.facts_of(log)} == shapes
        assert shapes <= set(DOCUMENT["components"]["schemas"])


def test_every_reference_of_the_topics_leads_somewhere() -> None:
    for reference in re.findall(r"\$ref: '?#/([^'\s]+)", PAPERS["docs/asyncapi.yaml"]):
        found = DOCUMENT
        for part in reference.split("/"):
            assert part in found, reference
            found = found[part]


def test_the_headers_are_those_that_a_record_has() -> None:
    recorded = Recorded(
        log="budget",
        production="p",
        stream="s",
        version=1,
        position=1,
        partition=0,
        previous=0,
        id="i",
        ordinal=0,
        type="budget.BudgetLocked",
        schema_version=2,
        payload="{}",
        recorded_at_us=0,
        effective_at_us=0,
        actor="a",
        command_id="c",
        correlation="c",
        causation="c",
        hops=0,
        hash=bytes(32),
    )
    assert set(asyncapi.HEADERS) == dict(cloud_event_headers(recorded, "incarnation")).keys()


# --- dashboard -------------------------------------------------------------------------------


def queries() -> str:
    panels = json.loads(PAPERS["docs/grafana.json"])["panels"]
    return "\n".join(query["expr"] for panel in panels for query in panel.get("targets", ()))


def test_every_figure_that_a_process_counts_is_on_the_dashboard() -> None:
    shown = queries()
    assert len(grafana.every_metric()) > 10
    for metric in grafana.every_metric():
        (family,) = metric.describe()
        assert family.name in shown, f"{family.name} is on no panel"


def test_a_new_figure_comes_to_the_dashboard_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    new = Counter("reel_slates_told", "Slates that were told", ["room"], registry=None)
    monkeypatch.setattr(metrics, "SLATES", new, raising=False)
    made = json.loads(grafana.papers()["docs/grafana.json"])
    (panel,) = [one for one in made["panels"] if "Slates told" in one["title"]]
    assert "reel_slates_told_total" in panel["targets"][0]["expr"]
    assert panel["description"] == "Slates that were told"


def test_the_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    panels = json.loads(PAPERS["docs/grafana.json"])["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & taken, panel["title"]
        taken |= own


# --- containers ------------------------------------------------------------------------------


def test_the_image_holds_every_package_and_runs_as_nobody_in_particular() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\w+) \1$", dockerfile, flags=re.MULTILINE))
    packages = re.search(r"^include = \[(.+)\]$", (ROOT / "pyproject.toml").read_text(), re.M)
    assert packages is not None
    assert copied == set(re.findall(r'"(\w+)\*"', packages[1]))
    assert re.search(r"^USER (?!root\b)\w+$", dockerfile, flags=re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", dockerfile, flags=re.MULTILINE)


def test_every_part_has_a_port_of_its_own_and_says_whether_it_is_well() -> None:
    containers = yaml.safe_load(PAPERS["docker-compose.yml"])["services"]
    names = [*rooms.services(), *rooms.projections()]
    ports = [containers[name]["ports"] for name in names]
    assert ports == [[f"127.0.0.1:{port}:8000"] for port in range(8001, 8001 + len(names))]
    for name, container in containers.items():
        assert "build" in container or "healthcheck" in container, f"{name} has no healthcheck"
        assert container.get("user") != "root"
