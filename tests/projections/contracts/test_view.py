"""What the rows of deals tell, for whom, and whatever is missing of their history."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import budget, contract
from events.contract import commitment_of
from events.envelope import Recorded
from events.names import id_of
from projections.contracts.answers import Contract, Summary
from projections.contracts.explained.deals import explained
from projections.contracts.rows import Deal
from projections.contracts.telling import page_of_deals, summary, whole
from projections.contracts.view import VIEW
from runtime.explaining.figures import Asker
from runtime.view import Rows
from tests.projections.histories import (
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

AROUND = {"production": KEEPER, "moment": None, "freshness": []}


def every_deal(rows: Rows) -> list[Any]:
    """Every deal as it is told, with fees and without; it has the form that is promised."""
    answers: list[Any] = []
    for deal in rows.all(Deal):
        for fees in (True, False):
            answers.append(Summary.model_validate(summary(rows, deal, fees)))
            answers.append(Contract.model_validate(whole(rows, deal, fees) | AROUND))
    return answers


def the_deal(*facts: list[Recorded], fees: bool = True) -> dict[str, Any]:
    rows = VIEW.fold([fact for part in facts for fact in part])
    deal = rows.get(Deal, KEEPER)
    assert deal is not None
    return whole(rows, deal, fees)


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
    check_any_part(VIEW, logs, chance, every_deal)


NEGOTIATED = told(
    "contract",
    drafted(),
    contract.OfferMade(
        contract=KEEPER, version=1, terms=terms(), content_hash=HASH, expires_at=at(48)
    ),
    contract.OfferCountered(
        contract=KEEPER,
        version=2,
        by="party",
        terms=terms(fee="90000.00", payments=[{"payment": "start", "amount": "90000.00"}]),
        content_hash=HASH,
        expires_at=at(72),
        note="ninety, and all of it at the start",
    ),
)


def test_an_offer_waits_for_the_side_that_did_not_make_it() -> None:
    assert the_deal(NEGOTIATED[:2])["waits_for"] == "party"
    countered = the_deal(NEGOTIATED)
    assert (countered["state"], countered["waits_for"]) == ("offered", "production")
    assert countered["expires_at"] == at(72)


def test_what_a_counter_changes_is_told_field_by_field() -> None:
    first, second = the_deal(NEGOTIATED)["versions"]
    assert (first["version"], first["put_by"], first["changes"]) == (1, "production", [])
    assert (second["version"], second["put_by"]) == (2, "party")
    changes = {one["what"]: (one["was"], one["now"]) for one in second["changes"]}
    assert changes == {
        "fee": ("86000.00", "90000.00"),
        "payments start: amount": ("43000.00", "90000.00"),
        "payments start: due_on": ("2026-09-14", None),
        "payments lock: payment": ("lock", None),
        "payments lock: amount": ("43000.00", None),
        "payments lock: upon": ("picture lock", None),
    }


def test_conditions_that_a_version_adds_are_told_together() -> None:
    both = contract.TermsRedrafted(
        contract=KEEPER,
        version=2,
        terms=terms(conditions=["budget-locked", "schedule-locked"]),
        reason="not before we know when",
    )
    _, second = the_deal(told("contract", drafted(), both))["versions"]
    assert second["changes"] == [
        {"what": "conditions", "was": "budget-locked", "now": "budget-locked, schedule-locked"}
    ]


CLEARANCES = {
    "asked": [],
    "given": [contract.TermsCleared(contract=KEEPER, version=1, content_hash=HASH, request=KEEPER)],
    "refused": [
        contract.ClearanceRefused(
            contract=KEEPER, version=1, request=KEEPER, by="rosalind", reason="too dear"
        )
    ],
}


@pytest.mark.parametrize("clearance", CLEARANCES)
def test_terms_that_are_taken_back_from_clearance_are_agreed_and_no_more(clearance: str) -> None:
    agreed = (
        drafted(),
        contract.OfferAccepted(
            contract=KEEPER,
            version=1,
            content_hash=HASH,
            accepted_by="party",
            accepted_on="2026-09-02",
        ),
        contract.TermsSubmitted(
            contract=KEEPER,
            kind="cast",
            title="the keeper",
            version=1,
            content_hash=HASH,
            amount="86000",
            currency="USD",
        ),
        *CLEARANCES[clearance],
    )
    withdrawn = contract.TermsWithdrawn(contract=KEEPER, version=1, reason="another keeper")
    assert the_deal(told("contract", *agreed))["clearance"] == clearance
    back = the_deal(told("contract", *agreed, withdrawn))
    assert (back["state"], back["clearance"], back["since"]) == (
        "agreed",
        None,
        at(len(agreed) + 1),
    )


def test_clearance_taken_back_once_the_talks_went_on_leaves_them_as_they_are() -> None:
    withdrawn = contract.TermsWithdrawn(contract=KEEPER, version=1, reason="countered")
    facts = [*NEGOTIATED, *told("contract", withdrawn, first=len(NEGOTIATED) + 1)]
    assert (the_deal(facts)["state"], the_deal(facts)["since"]) == ("offered", at(3))


def test_a_deal_of_which_no_terms_were_heard_has_no_currency() -> None:
    accepted = contract.OfferAccepted(
        contract=KEEPER,
        version=1,
        content_hash=HASH,
        accepted_by="party",
        accepted_on="2026-09-02",
    )
    assert the_deal(told("contract", accepted))["currency"] is None
    assert the_deal(told("contract", drafted()))["currency"] == "USD"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_pages_hold_every_deal_once_by_title_and_end_with_the_last(limit: int) -> None:
    titles = ("Wren", "Silas", "Nell", "Ingrid")
    drafts = [
        drafted(id_of("contract", title)).model_copy(update={"title": title}) for title in titles
    ]
    rows = VIEW.fold(told("contract", *drafts))
    seen: list[str] = []
    pages, cursor = 0, None
    while pages == 0 or cursor is not None:
        page, cursor = page_of_deals(rows, cursor, limit)
        seen += [deal.title for deal in page]
        pages += 1
        assert pages <= len(titles)
    assert seen == sorted(titles)
    assert pages == -(-len(titles) // limit)


def test_the_history_names_sides_and_dates() -> None:
    moves = the_deal(NEGOTIATED)["moves"]
    assert [(one["what"], one["side"], one["version"], one["at"]) for one in moves] == [
        ("drafted", None, 1, at(1)),
        ("offered", "production", 1, at(2)),
        ("countered", "party", 2, at(3)),
    ]
    assert moves[2]["note"] == "ninety, and all of it at the start"


def test_who_is_not_told_fees_sees_the_deal_and_no_money() -> None:
    hidden = the_deal(NEGOTIATED, fees=False)
    assert (hidden["title"], hidden["state"]) == ("Silas Marr, the keeper", "offered")
    assert hidden["fee"] is hidden["paid"] is hidden["terms"]["fee"] is None
    assert [one["amount"] for one in hidden["payments"]] == [None]
    assert [one["amount"] for one in hidden["terms"]["payments"]] == [None]
    assert [one["note"] for one in hidden["moves"]] == [None, None, None]
    changes = {one["what"]: (one["was"], one["now"]) for one in hidden["versions"][1]["changes"]}
    assert changes["fee"] == changes["payments start: amount"] == (None, None)
    assert not any(text in str(hidden) for text in ("86000", "90000", "43000", "ninety"))


def test_payments_are_paid_by_the_commitments_that_stand_for_them() -> None:
    commitment = commitment_of(KEEPER, "start", 1)
    committed = budget.CommitmentRaised(
        commitment=commitment,
        account="1401",
        amount=Decimal("43000.00"),
        description="the keeper, at the start",
        raised_on="2026-09-02",
    )
    money = told("budget", committed, posted(commitment, "43000.00"), posted(None, "7.00"))
    whole_deal = the_deal(told("contract", drafted(), executed()), money)
    assert [(one["payment"], one["status"], one["paid"]) for one in whole_deal["payments"]] == [
        ("start", "paid", "43000.00"),
        ("lock", "waits", "0.00"),
    ]
    assert whole_deal["paid"] == "43000.00"
    rows = VIEW.fold([*told("contract", drafted(), executed()), *money])
    figures = {one.name: one for one in explained(rows, Asker("USD", at(9), fees=True))}
    paid = figures[f"deal/{KEEPER}/payment/start/paid"]
    assert (paid.value, [term.value for term in paid.terms]) == ("43000.00", ["43000.00"])


def test_a_payment_that_was_earned_is_owed_by_its_day() -> None:
    earned = contract.PaymentEarned(
        contract=KEEPER, payment="lock", amount="43000.00", due_on="2026-12-01"
    )
    payment = the_deal(told("contract", drafted(), executed(), earned))["payments"][1]
    assert (payment["status"], str(payment["due_on"])) == ("owed", "2026-12-01")


def test_an_amendment_stands_beside_what_binds_until_it_is_executed() -> None:
    redrafted = contract.TermsRedrafted(
        contract=KEEPER, version=2, terms=terms(fee="95000.00"), reason="a week more"
    )
    facts = (drafted(), executed(), redrafted)
    before = the_deal(told("contract", *facts))
    assert (before["state"], before["amendment"], before["terms_version"]) == ("executed", 2, 1)
    assert before["fee"] == "86000.00"
    after = the_deal(told("contract", *facts, amended(2, terms(fee="95000.00"))))
    assert (after["amendment"], after["terms_version"], after["fee"]) == (None, 2, "95000.00")


def test_an_amendment_is_told_until_the_deal_is_over() -> None:
    redrafted = contract.TermsRedrafted(
        contract=KEEPER, version=2, terms=terms(fee="95000.00"), reason="a week more"
    )
    completed = contract.ContractCompleted(contract=KEEPER, completed_on="2026-12-20")
    assert the_deal(told("contract", drafted(), executed()))["amendment"] is None
    assert the_deal(told("contract", drafted(), executed(), redrafted))["amendment"] == 2
    over = the_deal(told("contract", drafted(), executed(), redrafted, completed))
    assert (over["amendment"], over["state"]) == (None, "completed")


def test_terms_in_force_written_again_take_an_amendment_back() -> None:
    redrafts = [
        contract.TermsRedrafted(contract=KEEPER, version=version, terms=written)
        for version, written in ((2, terms(fee="95000.00")), (3, terms()))
    ]
    assert the_deal(told("contract", drafted(), executed(), *redrafts))["amendment"] is None


def test_conditions_options_deliverables_and_conflicts_say_where_they_stand() -> None:
    facts = told(
        "contract",
        drafted(),
        contract.ConditionMet(contract=KEEPER, condition="budget-locked", cause=KEEPER),
        executed(),
        contract.OptionExtended(
            contract=KEEPER,
            option="sequel",
            was="2026-12-31",
            exercise_by="2027-06-30",
            price="5000.00",
        ),
        contract.DeliverableRejected(
            contract=KEEPER, deliverable="looping", reason="a hum", cure_by="2026-12-01"
        ),
        contract.EngagementConflicted(
            contract=KEEPER, conflict="days", cause=KEEPER, problem="two days outside"
        ),
    )
    deal = the_deal(facts)
    assert [str(one["met_on"]) for one in deal["conditions"]] == ["2026-09-01"]
    (option,) = deal["options"]
    assert (option["status"], str(option["until"]), option["amount"], option["note"]) == (
        "extended",
        "2027-06-30",
        "0.00",
        "extended for 5000.00",
    )
    (deliverable,) = deal["deliverables"]
    assert (deliverable["status"], str(deliverable["until"])) == ("rejected", "2026-12-01")
    assert (deal["open_conflicts"], deal["conflicts"][0]["name"]) == (1, "two days outside")


def test_a_part_keeps_its_day_through_an_amendment_that_says_the_same_of_it() -> None:
    sequel = {"option": "sequel", "right": "a second film"}
    held = terms(options=[sequel | {"exercise_by": "2027-06-30"}])
    happened = (
        contract.OptionExtended(
            contract=KEEPER,
            option="sequel",
            was="2026-12-31",
            exercise_by="2027-06-30",
            price="5000.00",
        ),
        contract.DeliverableRejected(
            contract=KEEPER, deliverable="looping", reason="a hum", cure_by="2026-12-01"
        ),
        contract.PaymentEarned(
            contract=KEEPER, payment="lock", amount="43000.00", due_on="2026-12-01"
        ),
        contract.EngagementConflicted(
            contract=KEEPER, conflict="days", cause=KEEPER, problem="two days outside"
        ),
        contract.ConflictResolved(contract=KEEPER, conflict="days", cause=KEEPER),
    )
    sooner = terms(options=[sequel | {"exercise_by": "2027-03-31"}])
    for after, until in ((held, "2027-06-30"), (sooner, "2027-03-31"), (terms(), "2026-12-31")):
        facts = (drafted(), executed(), *happened, amended(2, after, before=held))
        deal = the_deal(told("contract", *facts))
        (option,), (deliverable,), (conflict,) = (
            deal[parts] for parts in ("options", "deliverables", "conflicts")
        )
        assert (str(option["until"]), option["status"]) == (until, "extended")
        assert option["note"] == "extended for 5000.00"
        assert (str(deliverable["until"]), deliverable["status"]) == ("2026-12-01", "rejected")
        assert str(deal["payments"][1]["due_on"]) == "2026-12-01"
        assert conflict["until"] == at(7).date()


def test_a_deal_that_ended_says_how_and_why() -> None:
    ended = contract.ContractTerminated(
        contract=KEEPER,
        reason="the storm",
        terminated_on="2026-10-01",
        released=["lock"],
        owed=["start"],
    )
    conflict = contract.EngagementConflicted(
        contract=KEEPER, conflict="days", cause=KEEPER, problem="two days outside"
    )
    deal = the_deal(told("contract", drafted(), executed(), conflict, ended))
    assert (deal["state"], deal["reason"]) == ("terminated", "the storm")
    assert deal["open_conflicts"] == 0
    assert {one["status"] for one in (*deal["options"], *deal["deliverables"])} == {"released"}
    assert [one["status"] for one in deal["payments"]] == ["owed", "released"]
