"""What is owed by whom until when, on any day, and whatever is missing of the history."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import contract
from events.budget import CostReversed
from events.contract import commitment_of
from events.envelope import Recorded
from events.event import Event
from projections.obligations.answers import Obligation, Total
from projections.obligations.explained import explained
from projections.obligations.telling import obligations, place, totals
from projections.obligations.view import VIEW
from runtime.explaining.figures import Asker
from runtime.view import Rows
from tests.projections.histories import (
    BEGUN,
    HASH,
    HISTORIES,
    KEEPER,
    amended,
    at,
    check_any_part,
    check_every_interleaving,
    drafted,
    executed,
    patiently,
    posted,
    terms,
    told,
)

pytestmark = pytest.mark.unit

PAID_AT_THE_START = posted(commitment_of(KEEPER, "start", 1), "43000.00")


def every_obligation(rows: Rows) -> list[Any]:
    """Every obligation as it is told; it has the form that is promised."""
    found = [*obligations(rows, BEGUN, True), *obligations(rows, BEGUN, False)]
    sums = [Total.model_validate(one) for one in totals(found)]
    return [*(Obligation.model_validate(one) for one in found), *sums]


def owed(
    *facts: Event, money: tuple[Event, ...] = (), on: str = "2026-09-02", fees: bool = True
) -> dict[tuple[str, str], dict[str, Any]]:
    """Obligations by kind and id, as they stand at noon of that day."""
    rows = VIEW.fold([*told("contract", *facts), *told("budget", *money)])
    noon = datetime.fromisoformat(f"{on}T12:00").replace(tzinfo=UTC)
    return {(one["kind"], one["id"]): one for one in obligations(rows, noon, fees)}


def statuses(found: dict[tuple[str, str], dict[str, Any]]) -> dict[str, str]:
    return {id: one["status"].value for (_, id), one in found.items()}


@given(logs=HISTORIES, chance=st.randoms(use_true_random=False))
@patiently
def test_rows_are_equal_for_every_interleaving_of_the_logs(
    logs: dict[str, list[Recorded]], chance: random.Random
) -> None:
    check_every_interleaving(VIEW, logs, chance)


@given(logs=HISTORIES, chance=st.randoms(use_true_random=False))
@patiently
def test_something_is_told_of_any_part_of_a_history(
    logs: dict[str, list[Recorded]], chance: random.Random
) -> None:
    check_any_part(VIEW, logs, chance, every_obligation)


def test_nothing_is_owed_before_the_deal_is_executed() -> None:
    assert owed(drafted()) == {}


def test_the_production_pays_and_the_party_delivers() -> None:
    found = owed(drafted(), executed())
    sides = {id: (one["by"], one["to"]) for (_, id), one in found.items()}
    assert sides == {
        "start": ("production", "party"),
        "lock": ("production", "party"),
        "looping": ("party", "production"),
        "sequel": ("production", "party"),
    }


def test_a_distributor_pays_the_production_that_delivers() -> None:
    sold = owed(executed(kind="distribution"))
    assert sold["payment", "start"]["by"] == "party"
    assert sold["deliverable", "looping"]["by"] == "production"


def test_the_day_of_the_answer_says_what_is_overdue() -> None:
    facts = (drafted(), executed())
    assert statuses(owed(*facts, on="2026-09-14"))["start"] == "open"
    late = statuses(owed(*facts, on="2027-01-01"))
    assert late == {"start": "overdue", "lock": "open", "looping": "overdue", "sequel": "lapsed"}


def test_a_payment_is_met_once_all_of_it_is_paid() -> None:
    half = posted(commitment_of(KEEPER, "start", 1), "21500.00")
    facts = (drafted(), executed())
    begun = owed(*facts, money=(half,), on="2026-09-15")["payment", "start"]
    assert (begun["status"], begun["paid"]) == ("overdue", "21500.00")
    assert statuses(owed(*facts, money=(half, half)))["start"] == "met"


def test_a_cost_that_was_reversed_pays_nothing() -> None:
    reversed_ = CostReversed(
        reversal="REV-1",
        posting="INV-1",
        account="1401",
        amount="43000.00",
        commitment=commitment_of(KEEPER, "start", 1),
        restored="43000.00",
        reason="billed twice",
        incurred_on="2026-09-14",
        reversed_on="2026-09-16",
    )
    found = owed(drafted(), executed(), money=(PAID_AT_THE_START, reversed_))
    assert found["payment", "start"]["status"] == "open"


def test_what_was_paid_before_an_amendment_stays_paid() -> None:
    more = terms(
        fee="95000.00",
        payments=[
            {"payment": "start", "amount": "43000.00", "due_on": "2026-09-14"},
            {"payment": "pick-ups", "amount": "52000.00", "due_on": "2026-11-30"},
        ],
    )
    found = owed(drafted(), executed(), amended(2, more), money=(PAID_AT_THE_START,))
    assert statuses(found) | {"looping": "open", "sequel": "open"} == {
        "start": "met",
        "lock": "released",
        "pick-ups": "open",
        "looping": "open",
        "sequel": "open",
    }


def test_only_what_is_paid_on_versions_that_were_executed_counts() -> None:
    paid = tuple(
        posted(commitment_of(KEEPER, "start", version), amount, f"INV-{version}")
        for version, amount in ((1, "1.00"), (2, "20.00"), (3, "300.00"))
    )
    facts = [drafted(), executed(), amended(2, terms())]
    for signed, sum_of_them in ((2, "1.00"), (3, "21.00")):
        assert owed(*facts[:signed], money=paid)["payment", "start"]["paid"] == sum_of_them
        rows = VIEW.fold([*told("contract", *facts[:signed]), *told("budget", *paid)])
        figures = {one.name: one for one in explained(rows, Asker("USD", BEGUN, fees=True))}
        figure = figures[f"payment/{KEEPER}/start/paid"]
        assert figure.value == sum_of_them
        assert [term.value for term in figure.terms] == ["1.00", "20.00"][: signed - 1]


def test_what_happened_before_an_amendment_stays_as_it_happened() -> None:
    """Its other dates are those of the new terms."""
    before = terms(
        payments=[
            {"payment": "start", "amount": "43000.00", "due_on": "2026-09-14"},
            {"payment": "lock", "amount": "43000.00", "upon": "picture lock"},
        ],
        deliverables=[
            {"deliverable": name, "name": name.title(), "due_on": "2026-11-20"}
            for name in ("looping", "stills", "poster")
        ],
    )
    later = before.model_copy(
        update={
            "payments": tuple(
                one.model_copy(update={"due_on": date(2027, 1, 15)}) for one in before.payments
            ),
            "deliverables": before.deliverables[:2],
        }
    )
    signed = executed().model_copy(update={"terms": before})
    about = {"contract": KEEPER, "deliverable": "looping"}
    found = owed(
        drafted(),
        signed,
        contract.PaymentEarned(
            contract=KEEPER, payment="lock", amount="43000.00", due_on="2026-12-01"
        ),
        contract.DeliverableReceived(**about, received_on="2026-10-01"),
        contract.DeliverableRejected(**about, reason="a hum", cure_by="2026-12-01"),
        contract.DeliverableReceived(
            contract=KEEPER, deliverable="stills", received_on="2026-10-02"
        ),
        contract.DeliverableReceived(
            contract=KEEPER, deliverable="poster", received_on="2026-10-02"
        ),
        contract.DeliverableAccepted(
            contract=KEEPER, deliverable="poster", accepted_on="2026-10-03"
        ),
        amended(2, later),
    )
    assert str(found["payment", "lock"]["due_on"]) == "2026-12-01"
    assert str(found["payment", "start"]["due_on"]) == "2027-01-15"
    assert found["deliverable", "looping"]["note"] == "a hum"
    assert str(found["deliverable", "stills"]["handed_over"]) == "2026-10-02"
    assert found["deliverable", "poster"]["status"] == "met"


REJECTED = contract.DeliverableRejected(
    contract=KEEPER, deliverable="looping", reason="a hum", cure_by="2026-12-01"
)
EXTENDED = contract.OptionExtended(
    contract=KEEPER, option="sequel", was="2026-12-31", exercise_by="2027-06-30", price="5000.00"
)
SEQUEL = {"option": "sequel", "right": "a second film"}


def test_what_is_to_be_cured_is_not_overdue_before_that_day_whatever_else_is_amended() -> None:
    dearer = amended(2, terms(fee="95000.00"))
    for facts in ([REJECTED], [REJECTED, dearer], [dearer, REJECTED]):
        for on, status in (("2026-12-01", "open"), ("2026-12-02", "overdue")):
            told_ = owed(drafted(), executed(), *facts, on=on)["deliverable", "looping"]
            assert (told_["status"], told_["note"]) == (status, "a hum")


def test_an_option_lapses_behind_the_day_that_was_signed_last() -> None:
    held = terms(options=[SEQUEL | {"exercise_by": "2027-06-30"}])
    sooner = amended(2, terms(options=[SEQUEL | {"exercise_by": "2027-03-31"}]), before=held)
    for facts, last in (
        ([EXTENDED], "2027-06-30"),
        ([EXTENDED, sooner], "2027-03-31"),
        ([EXTENDED, amended(2, terms(), before=held)], "2026-12-31"),
    ):
        day = date.fromisoformat(last)
        for on, status in ((day, "open"), (day + timedelta(days=1), "lapsed")):
            found = owed(drafted(), executed(), *facts, on=on.isoformat())
            assert found["option", "sequel"]["status"] == status


def test_a_window_that_an_amendment_shortens_is_honoured_until_its_new_close() -> None:
    window = {"territory": "Norway", "medium": "svod", "opens_on": "2027-03-01"}
    signed = executed(kind="distribution", windows=[window | {"closes_on": "2028-02-29"}])
    shorter = terms(windows=[window | {"closes_on": "2027-12-31"}])
    found = owed(signed, amended(2, shorter, before=signed.terms))
    assert str(found["window", "Norway svod 2027-03-01"]["due_on"]) == "2027-12-31"


def test_what_an_amendment_takes_out_and_another_takes_in_is_owed_anew() -> None:
    none = terms(deliverables=[], options=[])
    out, back = amended(2, none), amended(3, terms(), before=none)
    assert statuses(owed(drafted(), executed(), out))["looping"] == "released"
    found = owed(drafted(), executed(), EXTENDED, out, back, on="2026-11-21")
    assert statuses(found) == {
        "start": "overdue",
        "lock": "open",
        "looping": "overdue",
        "sequel": "open",
    }
    assert found["deliverable", "looping"]["since"] == at(5)
    assert found["payment", "start"]["since"] == at(2)
    assert str(found["option", "sequel"]["due_on"]) == "2026-12-31"


def test_an_amendment_leaves_an_offer_that_stands_waiting_for_its_answer() -> None:
    offered = contract.OfferMade(
        contract=KEEPER, version=3, terms=terms(), content_hash=HASH, expires_at=at(48)
    )
    found = owed(drafted(), executed(), offered, amended(2, terms()))
    assert found["offer", "v3"]["status"] == "open"


def test_a_payment_upon_something_falls_due_when_it_is_earned() -> None:
    earned = contract.PaymentEarned(
        contract=KEEPER, payment="lock", amount="43000.00", due_on="2026-12-01"
    )
    before = owed(drafted(), executed())["payment", "lock"]
    assert (before["due_on"], before["upon"]) == (None, "picture lock")
    after = owed(drafted(), executed(), earned, on="2026-12-02")["payment", "lock"]
    assert (str(after["due_on"]), after["status"].value) == ("2026-12-01", "overdue")


def test_a_deliverable_is_met_when_it_is_accepted_and_open_again_when_it_is_rejected() -> None:
    received = contract.DeliverableReceived(
        contract=KEEPER, deliverable="looping", received_on="2026-11-19"
    )
    rejected = contract.DeliverableRejected(
        contract=KEEPER, deliverable="looping", reason="a hum", cure_by="2026-12-01"
    )
    accepted = contract.DeliverableAccepted(
        contract=KEEPER, deliverable="looping", accepted_on="2026-12-01"
    )
    facts: list[Event] = [drafted(), executed(), received]
    key = ("deliverable", "looping")
    late = "2026-11-25"
    assert owed(*facts, on=late)[key]["status"] == "open"
    facts.append(rejected)
    again = owed(*facts, on=late)[key]
    assert (again["status"], str(again["due_on"]), again["note"]) == ("open", "2026-12-01", "a hum")
    assert owed(*facts, accepted, on="2027-01-01")[key]["status"] == "met"


def test_an_offer_is_owed_an_answer_by_the_side_it_was_made_to() -> None:
    offered = contract.OfferMade(
        contract=KEEPER, version=1, terms=terms(), content_hash=HASH, expires_at=at(48)
    )
    countered = contract.OfferCountered(
        contract=KEEPER,
        version=2,
        by="party",
        terms=terms(),
        content_hash=HASH,
        expires_at=at(72),
    )
    standing = owed(drafted(), offered)["offer", "v1"]
    assert (standing["by"], standing["status"]) == ("party", "open")
    both = owed(drafted(), offered, countered)
    assert (both["offer", "v1"]["status"], both["offer", "v2"]["by"]) == ("met", "production")
    assert owed(drafted(), offered, on="2026-09-04")["offer", "v1"]["status"] == "lapsed"


def test_when_a_deal_is_terminated_only_what_is_still_owed_stays() -> None:
    ended = contract.ContractTerminated(
        contract=KEEPER,
        reason="the storm",
        terminated_on="2026-10-01",
        released=["lock"],
        owed=["start"],
    )
    assert statuses(owed(drafted(), executed(), ended)) == {
        "start": "open",
        "lock": "released",
        "looping": "released",
        "sequel": "released",
    }


def test_release_windows_are_honoured_from_their_opening_to_their_close() -> None:
    window = {
        "territory": "Norway",
        "medium": "svod",
        "opens_on": "2027-03-01",
        "closes_on": "2028-02-29",
    }
    facts = executed(kind="distribution", windows=[window])
    key = ("window", "Norway svod 2027-03-01")
    during = owed(facts, on="2027-06-01")[key]
    assert (during["by"], during["status"], str(during["starts_on"])) == (
        "production",
        "open",
        "2027-03-01",
    )
    assert owed(facts, on="2028-03-01")[key]["status"] == "met"


@pytest.mark.parametrize(
    ("exclusive", "what"),
    [(True, "svod in Norway, exclusively"), (False, "svod in Norway, beside others")],
)
def test_a_release_window_says_whether_it_is_exclusive(exclusive: bool, what: str) -> None:
    window = {
        "territory": "Norway",
        "medium": "svod",
        "opens_on": "2027-03-01",
        "exclusive": exclusive,
    }
    found = owed(executed(kind="distribution", windows=[window]))
    assert found["window", "Norway svod 2027-03-01"]["what"] == what


def test_the_other_side_is_named_as_the_deal_names_it() -> None:
    sealed = "sealed:1:noor-haddad:bm9vcg"
    named = drafted().model_copy(update={"name": sealed})
    party = owed(named, executed())["payment", "start"]["party"]
    assert party == {"person": "noor-haddad", "name": sealed}


def test_payments_add_up_for_each_side_and_currency() -> None:
    half = posted(commitment_of(KEEPER, "start", 1), "21500.00")
    found = owed(drafted(), executed(), money=(half,), on="2026-09-15")
    assert totals(found.values()) == [
        {
            "by": "production",
            "currency": "USD",
            "owed": "21500.00",
            "overdue": "21500.00",
            "to_be_earned": "43000.00",
            "paid": "21500.00",
        }
    ]


def test_who_is_not_told_fees_sees_what_is_owed_and_no_money() -> None:
    hidden = owed(drafted(), executed(), money=(PAID_AT_THE_START,), fees=False)
    assert statuses(hidden)["start"] == "met"
    assert {one["amount"] for one in hidden.values()} == {None}
    assert {one["paid"] for one in hidden.values()} == {None}
    assert totals(hidden.values()) == []


def test_the_first_due_comes_first_and_what_has_no_day_comes_last() -> None:
    found = sorted(owed(drafted(), executed()).values(), key=place)
    assert [one["id"] for one in found] == ["start", "looping", "sequel", "lock"]


def test_of_what_is_due_on_one_day_each_has_a_place_of_its_own() -> None:
    payments = [
        {"payment": f"week {n}", "amount": "1.00", "due_on": "2026-09-14"} for n in range(20)
    ]
    found = owed(executed(payments=payments, options=[], deliverables=[])).values()
    assert len({place(one) for one in found}) == len(payments)
