"""The day from which each fact holds, and ids that never change, as samples and hands have them."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from events.approval import Role, Rule, Step
from events.contract import ContractAmended, Terms, commitment_of
from events.event import catalogue, decode
from events.names import HOUSE, id_of

pytestmark = pytest.mark.unit

SAMPLES = Path(__file__).parents[1] / "samples"

HOLDS_FROM = {
    "approval.AuthorityDelegated": "2026-10-05",
    "approval.CutScreened": "2027-02-18",
    "approval.PersonAppointed": "2026-07-27",
    "budget.CommitmentClosed": "2026-10-02",
    "budget.CommitmentRaised": "2026-09-08",
    "budget.CostPosted": "2026-09-12",
    "budget.CostReversed": "2026-09-18",
    "budget.EstimateSet": "2026-10-04",
    "contract.ContractAmended": "2026-10-02",
    "contract.ContractCompleted": "2027-01-29",
    "contract.ContractExecuted": "2026-09-11",
    "contract.ContractTerminated": "2026-09-24",
    "contract.DeliverableAccepted": "2026-11-20",
    "contract.DeliverableReceived": "2026-11-12",
    "contract.OfferAccepted": "2026-09-04",
    "contract.OptionExercised": "2027-08-30",
    "schedule.MilestoneReached": "2027-02-11",
    "schedule.ShootDayFellBehind": "2026-09-14",
    "schedule.ShootDayWrapped": "2026-09-14",
    "schedule.TaskFinished": "2027-02-05",
}
"""Of the golden samples: the day that each one happened on, by its own words."""


def sample(name: str, version: int) -> str:
    return (SAMPLES / f"{name}.v{version}.json").read_text().removesuffix("\n")


@pytest.mark.parametrize(("name", "version"), sorted(catalogue()))
def test_a_fact_holds_from_the_day_that_it_happened_on(name, version):
    said = decode(name, version, sample(name, version)).effective_on()
    day = HOLDS_FROM.get(name)
    assert said == (date.fromisoformat(day) if day else None)


def test_an_amendment_keeps_the_days_of_parts_that_both_terms_name_with_the_same_one():
    def terms(options, deliverables):
        return Terms(
            currency="USD",
            options=[
                {"option": name, "right": "another", "exercise_by": f"2026-12-{day:02}"}
                for name, day in options.items()
            ],
            deliverables=[
                {"deliverable": name, "name": "this", "due_on": f"2026-11-{day:02}"}
                for name, day in deliverables.items()
            ],
        )

    amended = ContractAmended(
        contract=id_of("deal"),
        version=2,
        before=terms({"kept": 1, "moved": 2, "dropped": 3}, {"kept": 4, "moved": 5, "dropped": 6}),
        after=terms({"kept": 1, "moved": 20, "new": 3}, {"kept": 4, "moved": 4, "new": 6}),
        content_hash="a" * 64,
        amended_on="2026-10-02",
    )
    assert amended.days_kept() == {("option", "kept"), ("deliverable", "kept")}


def test_an_amount_that_was_asked_for_long_ago_is_still_asked_for():
    old = catalogue()["approval.ApprovalRequested", 1]
    payload = sample("approval.ApprovalRequested", 1)
    held = old.decode(payload).model_copy(update={"amount": Decimal("120000.00")})
    assert held.upcast().amount == Decimal("120000.00")


def test_the_first_step_of_a_rule_is_its_own():
    then = Step(roles=(Role.FINANCIER,), needed=1)
    rule = Rule(roles=(Role.PRODUCER,), needed=2, then=(then,))
    assert rule.steps == (Step(roles=(Role.PRODUCER,), needed=2), then)


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (("film",), "d0607f7a-d262-8b2a-b915-8dfba06ce871"),
        (("a", "b"), "f04cdced-9736-869d-a610-3f08a4daaf8c"),
        (("contract", "1"), "200b653a-7054-849f-a28f-6945637f17ae"),
    ],
)
def test_the_id_of_words_is_what_it_was_when_the_first_facts_were_recorded(words, id):
    assert id_of(*words) == id


def test_a_payment_has_a_commitment_that_people_can_read():
    long = "principal-photography-instalment-of-" + "x" * 20
    reference = commitment_of(HOUSE, long, 2)
    assert reference == "principal-photography-instalment-of-xxxx/" + reference[-13:]
    assert reference[-13:] == id_of("commitment", HOUSE, long, "2")[:13]
    others = {commitment_of(HOUSE, long, 3), commitment_of(id_of("a"), long, 2)}
    assert len({reference, *others, commitment_of(HOUSE, long + "y", 2)}) == 4
