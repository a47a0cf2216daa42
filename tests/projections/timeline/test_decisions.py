"""What was decided, as the timeline tells it: approvals with what was said, overages no more."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from events import approval
from events.event import Event
from projections.timeline.explained.timeline import explained
from projections.timeline.items import items_of
from projections.timeline.kinds import ItemKind
from projections.timeline.network import network
from projections.timeline.rows.decisions import Overage
from projections.timeline.summary import overages_of
from projections.timeline.view import VIEW
from runtime.explaining.figures import Asker
from runtime.view import Rows
from tests.projections.histories import KEEPER, drafted
from tests.projections.telling import told
from tests.projections.timeline import lighthouse as film

pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 24, 12, tzinfo=UTC)
LESS = Decimal("20000.00")
GRANTED = approval.ApprovalGranted(
    request=film.REQUEST, subject=film.SUBJECT, by="tobias", note="mind the tide"
)


@pytest.mark.parametrize(
    ("decided", "status", "said"),
    [
        (GRANTED, "granted", "mind the tide"),
        (film.DECIDED[1], "refused", "too long"),
        (film.DECIDED[2], "voided", "a new version"),
    ],
    ids=["granted", "refused", "voided"],
)
def test_an_approval_says_how_it_was_decided_and_what_was_said_with_it(
    decided: Event, status: str, said: str
) -> None:
    rows = VIEW.fold(told(*film.APPROVALS[:2], decided))
    (item,) = (one for one in items_of(rows, network(rows)) if one.kind is ItemKind.APPROVAL)
    assert (item.status, item.reason) == (status, said)


def test_an_approval_of_a_deal_goes_by_the_title_of_the_deal() -> None:
    subject = film.SUBJECT.model_copy(update={"kind": "contract", "name": KEEPER, "version": 2})
    asked = film.APPROVALS[0].model_copy(update={"subject": subject})
    names = []
    for facts in ([asked], [asked, drafted()]):
        rows = VIEW.fold(told(*facts))
        names += [
            one.name for one in items_of(rows, network(rows)) if one.kind is ItemKind.APPROVAL
        ]
        labels = {one.label for one in explained(rows, Asker("USD", NOW, fees=True))}
        assert f"Approval of {names[-1]}: asked on" in labels
    assert names == [f"{KEEPER}, version 2", "Silas Marr, the keeper, version 2"]


@pytest.mark.parametrize(
    ("decided", "status"),
    [
        (film.APPROVED.model_copy(update={"amount": LESS}), "approved"),
        (film.REFUSED.model_copy(update={"amount": LESS}), "refused"),
    ],
    ids=["approved", "refused"],
)
def test_an_overage_that_is_decided_is_open_no_more(decided: Event, status: str) -> None:
    """Also where its forecast was never heard of. What was decided is what it then amounts to."""
    for facts in ([*film.BUDGET, decided], [decided]):
        rows = VIEW.fold(told(*facts))
        assert overages_of(rows) == []
        (overage,) = rows.all(Overage)
        assert (overage.overage, overage.amount, overage.status) == (film.OVERAGE, LESS, status)


def test_a_log_that_the_timeline_does_not_hear_changes_nothing_of_it() -> None:
    elsewhere = [replace(one, log="catering") for one in told(*film.STORY)]
    assert VIEW.fold(elsewhere) == Rows()
