"""The catalogue of events, and what every event keeps to."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from events.approval import ProductionOpened
from events.budget import BudgetLocked, CategoriesAdded, CommitmentRaised, CostReversed, Line
from events.event import (
    Event,
    UndecodableEvent,
    UnknownEvent,
    _unbounded,
    catalogue,
    decode,
)
from events.names import HOUSE, id_of
from events.reaction import ReactionRefused

pytestmark = pytest.mark.unit

EVENTS = [pytest.param(shape, id=shape.__name__) for _, shape in sorted(catalogue().items())]
PAST = re.compile(
    "(ed|Set|Sent|Given|Begun|Made|Met|Put|Paid|Held|Shot|Cut|Drawn|Withdrawn|Left|Lost|Kept|Sold"
    "|Bought|Taken|Laid|Forecast|FellDue|FellBehind)$"
)
LOCKED = (
    '{"version":1,"content_hash":"' + "3d" * 32 + '","total":"5695852.92",'
    '"request":"c02e78fb-6868-828a-b06d-b90a79479940",'
    '"accounts":[{"account":"1401","total":"5695852.92"}]}'
)

RAISED = CommitmentRaised(
    commitment="PO-1013",
    account="2302",
    amount=Decimal("48750.00"),
    description="Lantern room",
    raised_on=date(2026, 9, 8),
)


class SceneShot(Event):
    """A scene was shot."""

    SCHEMA_VERSION = 2

    scene: str
    takes: int


class SceneShotV1(Event):
    """A scene was shot, when nobody counted the takes."""

    scene: str

    def upcast(self) -> SceneShot:
        return SceneShot(scene=self.scene, takes=1)


def test_an_event_is_named_by_its_file_and_class():
    assert BudgetLocked.wire() == ("budget.BudgetLocked", 2)
    assert ProductionOpened.wire() == ("approval.ProductionOpened", 1)
    assert catalogue()["budget.BudgetLocked", 2] is BudgetLocked


def test_a_retired_shape_keeps_the_name_and_learns_the_present():
    file = __name__.rpartition(".")[2]
    assert SceneShotV1.wire() == (f"{file}.SceneShot", 1)
    assert SceneShot.wire() == (f"{file}.SceneShot", 2)
    assert SceneShotV1(scene="110A").upcast() == SceneShot(scene="110A", takes=1)


def test_the_catalogue_holds_the_facts_of_every_room():
    assert {name.partition(".")[0] for name, _ in catalogue()} >= {"approval", "budget", "reaction"}
    assert all(wire == shape.wire() for wire, shape in catalogue().items())
    assert Event not in catalogue().values()


@pytest.mark.parametrize("shape", EVENTS)
def test_an_event_is_in_the_past_tense(shape):
    name = re.sub(r"V\d+$", "", shape.__name__)
    assert PAST.search(name), f"{name} should end in a past participle; irregular ones stand above"
    assert not name.endswith("Updated")


@pytest.mark.parametrize("shape", EVENTS)
def test_an_event_says_in_a_sentence_what_happened(shape):
    assert shape.__doc__
    assert shape.__doc__.strip().endswith((".", "`"))


@pytest.mark.parametrize("shape", EVENTS)
def test_money_and_quantities_travel_as_text(shape):
    assert "number" not in set(_types(shape.model_json_schema(mode="serialization")))


def _types(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["type"]] if isinstance(schema.get("type"), str) else []
        return own + [one for value in schema.values() for one in _types(value)]
    if isinstance(schema, list):
        return [one for value in schema for one in _types(value)]
    return []


@pytest.mark.parametrize("shape", EVENTS)
def test_an_event_is_frozen_and_refuses_fields_that_it_does_not_know(shape):
    assert shape.model_config["frozen"] is True
    assert shape.model_config["extra"] == "forbid"


def test_a_stored_fact_is_read():
    event = decode("budget.BudgetLocked", 2, LOCKED)
    assert isinstance(event, BudgetLocked)
    assert event.total == Decimal("5695852.92")
    assert event.encode() == LOCKED
    with pytest.raises(ValidationError):
        event.version = 2


@pytest.mark.parametrize(
    ("name", "version"), [("budget.BudgetBurnt", 1), ("budget.BudgetLocked", 99)]
)
def test_a_newer_writer_is_told_apart_from_a_broken_payload(name, version):
    with pytest.raises(UnknownEvent, match="upgrade this reader"):
        decode(name, version, LOCKED)


@pytest.mark.parametrize(
    "payload",
    ["", "{", "[]", "{}", LOCKED[:-1] + ',"by":"rosalind"}', LOCKED.replace('"5695852.92"', '"x"')],
)
def test_a_payload_without_the_shape_of_its_event_is_named(payload):
    with pytest.raises(UndecodableEvent, match=r"budget\.BudgetLocked version 2"):
        decode("budget.BudgetLocked", 2, payload)


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        ('"account":"2302"', '"account":"2302 and all of its sets"'),
        ('"amount":"48750.00"', '"amount":"48750.0000001"'),
        ('"amount":"48750.00"', '"amount":"1234567890123456789.00"'),
        ('"description":"Lantern room"', f'"description":"{"x" * 2_001}"'),
    ],
)
def test_what_was_recorded_under_a_wider_bound_is_still_read(within, beyond):
    payload = RAISED.encode().replace(within, beyond)
    with pytest.raises(ValidationError):
        CommitmentRaised.model_validate_json(payload)
    name, version = CommitmentRaised.wire()
    assert decode(name, version, payload).encode() == payload


@pytest.mark.parametrize("shape", EVENTS)
def test_no_bound_of_any_event_is_asked_of_what_is_read_back(shape):
    left = json.dumps(_unbounded(shape.__pydantic_core_schema__), default=str)
    bounds = "pattern|m(in|ax)_length|max_digits|decimal_places|multiple_of|[gl][et]"
    assert re.findall(rf'"(?:{bounds})":', left) == []


def test_so_is_a_part_of_a_fact():
    payload = '{"categories":[{"category":"a category","name":"","level":"atl"}]}'
    with pytest.raises(ValidationError):
        CategoriesAdded.model_validate_json(payload)
    assert decode(*CategoriesAdded.wire(), payload).encode() == payload


@pytest.mark.parametrize("amount", ['"NaN"', '"Infinity"', "true", "null", '"a lot"'])
def test_what_is_no_amount_is_none_however_wide_the_bounds(amount):
    payload = RAISED.encode().replace('"48750.00"', amount)
    with pytest.raises(UndecodableEvent, match="amount"):
        decode(*CommitmentRaised.wire(), payload)


def test_a_fact_holds_from_its_own_day():
    assert RAISED.effective_on() == date(2026, 9, 8)
    assert (
        ReactionRefused(
            cause=HOUSE, command="LockBudget", target="budget-1", code="x", reason="y"
        ).effective_on()
        is None
    )


def test_a_correction_holds_from_the_day_of_what_it_corrects():
    fields = CostReversed.model_fields
    assert {"incurred_on", "reversed_on"} <= set(fields)
    reversed_ = CostReversed(
        reversal="REV-4001",
        posting="INV-2020",
        account="3311",
        amount=Decimal("9850.00"),
        commitment=None,
        restored=Decimal(0),
        reason="Old list price",
        incurred_on=date(2026, 9, 18),
        reversed_on=date(2026, 9, 21),
    )
    assert reversed_.effective_on() == date(2026, 9, 18)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e30", "0.0000001"])
@pytest.mark.parametrize("field", ["amount", "x", "rate"])
def test_no_quantity_is_endless_or_finer_than_it_can_be_stored(number, field):
    good: dict[str, Any] = {
        "line": "1401-02",
        "category": "1400",
        "account": "1401",
        "description": "Silas Marr, the keeper",
        "amount": "4",
        "unit": "week",
        "rate": "21500",
    }
    Line.model_validate(good)
    with pytest.raises(ValidationError):
        Line.model_validate({**good, field: number})


def test_the_same_words_give_the_same_id_and_their_borders_count():
    assert id_of("approval", "p", "budget") == id_of("approval", "p", "budget")
    assert id_of("ab", "c") != id_of("a", "bc")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-.{12}", id_of("a"))
