"""Costs: commitments, postings, reversals and estimates."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from events.budget import (
    CommitmentClosed,
    CommitmentRaised,
    CostPosted,
    CostReversed,
    EstimateBasis,
    EstimateSet,
)
from events.event import Event
from runtime.decider import Command, Rejection
from runtime.refusals import PROBLEMS_MAX
from services.budget.commands import (
    CloseCommitment,
    CloseEntry,
    CommitEntry,
    EstimateEntry,
    PostCost,
    PostEntry,
    RaiseCommitment,
    RecordCosts,
    ReverseCost,
    ReverseEntry,
    SetEstimate,
)
from services.budget.files import read_costs
from services.budget.model.costs import COSTS
from services.budget.model.ledger import Ledger, OpenCommitment
from services.budget.model.rejections import (
    AmountIsNotExact,
    CommitmentExists,
    CommitmentIsClosed,
    CommitmentIsOnAnotherAccount,
    CommitmentIsUnknown,
    CurrencyIsUnknown,
    EntriesDoNotFit,
    EstimateExists,
    EstimateIsNegative,
    InvoiceExceedsCommitment,
    PostingExists,
    PostingIsAnother,
    PostingIsReversed,
    PostingIsUnknown,
    ReversalExists,
)
from services.budget.policies import Known
from tests.services.given import When, asked, each_recorded_once, for_patience, given
from tests.services.lighthouse import LUCILLE, SAMPLES

pytestmark = pytest.mark.unit

DOLLARS = Known(currency="USD", title="The Last Lighthouse")
COMMIT = RaiseCommitment(
    commitment="PO-1013",
    account="2302",
    amount=Decimal("48750"),
    description="Lantern room: steel frame, floor and glazing",
    raised_on=date(2026, 9, 8),
)
RAISED = CommitmentRaised(**COMMIT.model_dump(exclude={"currency", "in_place_of"}))
POST = PostCost(
    posting="INV-2014",
    account="2302",
    amount=Decimal("24375.00"),
    commitment="PO-1013",
    description="Lantern room, half on steel raised",
    incurred_on=date(2026, 9, 12),
)
POSTED = CostPosted(**POST.model_dump(), relieved=POST.amount)
WITHOUT_ORDER = POST.model_copy(update={"commitment": None})
POSTED_WITHOUT_ORDER = CostPosted(**WITHOUT_ORDER.model_dump(), relieved=Decimal(0))
CLOSE = CloseCommitment(
    commitment="PO-1013", account="2302", closed_on=date(2026, 9, 26), reason="Handed over"
)
CLOSED = CommitmentClosed(**CLOSE.model_dump(), released=Decimal("24375.00"))
REVERSE = ReverseCost(
    reversal="REV-4001",
    posting="INV-2014",
    reason="Billed at the old list price",
    reversed_on=date(2026, 9, 21),
)
REVERSED = CostReversed(
    reversal="REV-4001",
    posting="INV-2014",
    account="2302",
    amount=Decimal("24375.00"),
    commitment="PO-1013",
    restored=Decimal("24375.00"),
    reason=REVERSE.reason,
    incurred_on=POST.incurred_on,
    reversed_on=REVERSE.reversed_on,
)
ESTIMATE = SetEstimate(
    estimate="EST-6004",
    account="2302",
    basis=EstimateBasis.EFC,
    value=Decimal("124000.00"),
    reason="The gallery must carry cast",
    estimated_on=date(2026, 9, 27),
)
ESTIMATED = EstimateSet(**ESTIMATE.model_dump(), number=1)


def when(history: tuple[Event, ...], command: Command, currency: str = "USD") -> When:
    return given(COSTS, *history).when(command, by=LUCILLE, known=Known(currency=currency))


def changed(command, **fields):
    return command.model_copy(update=fields)


def test_a_commitment_is_raised_once():
    when((), COMMIT).then(RAISED)
    when((RAISED,), COMMIT).nothing()
    when((RAISED, CLOSED), COMMIT).nothing()


def test_an_amount_is_recorded_with_the_decimals_of_the_currency():
    [raised] = when((), COMMIT).events
    assert '"amount":"48750.00"' in raised.encode()


def test_another_commitment_under_the_same_id_is_refused():
    when((RAISED,), changed(COMMIT, amount=Decimal("50000"))).refused(
        CommitmentExists, "PO-1013", "48750", "2302", "an id of its own"
    )


@pytest.mark.parametrize("amount", ["0", "-1"])
@pytest.mark.parametrize("command", [COMMIT, POST])
def test_an_amount_is_above_zero(command, amount):
    with pytest.raises(ValidationError):
        type(command)(**{**command.model_dump(), "amount": amount})


@pytest.mark.parametrize(
    "command",
    [
        changed(COMMIT, amount=Decimal("10.005")),
        changed(WITHOUT_ORDER, amount=Decimal("10.005")),
        changed(ESTIMATE, value=Decimal("10.005")),
    ],
)
def test_nobody_pays_half_a_cent(command):
    when((), command).refused(AmountIsNotExact, "10.005", "2 decimals of USD", "write 10.01")
    assert when((), command, currency="KWD").rejection is None


def test_nothing_is_booked_before_the_currency_is_known():
    given(COSTS).when(COMMIT).refused(CurrencyIsUnknown, "try again")


def test_a_posting_relieves_its_commitment():
    when((RAISED,), POST).then(POSTED)
    when((RAISED, POSTED), POST).nothing()
    commitment = COSTS.fold([RAISED, POSTED]).commitments["PO-1013"]
    assert isinstance(commitment, OpenCommitment)
    assert commitment.open == Decimal("24375.00")


def test_a_posting_without_a_commitment_relieves_nothing():
    when((), WITHOUT_ORDER).then(POSTED_WITHOUT_ORDER)


def test_another_posting_under_the_same_id_is_refused():
    when((RAISED, POSTED), changed(POST, incurred_on=date(2026, 9, 13))).refused(
        PostingExists, "INV-2014", "24375.00", "2026-09-12"
    )
    when((RAISED, POSTED), WITHOUT_ORDER).refused(PostingExists)


def test_a_posting_against_a_commitment_goes_to_its_account():
    when((RAISED,), changed(POST, account="2305")).refused(
        CommitmentIsOnAnotherAccount, "2302", "without the commitment"
    )


def test_a_posting_needs_a_commitment_that_is_there_and_open():
    when((), POST).refused(CommitmentIsUnknown, "PO-1013", "raise it first")
    when((RAISED, CLOSED), POST).refused(CommitmentIsClosed, "2026-09-26", "without it")


def test_an_invoice_over_what_is_open_is_an_exception_to_decide_not_a_negative_commitment():
    rest = changed(POST, posting="INV-2037", amount=Decimal("24375.01"))
    when((RAISED, POSTED), rest).refused(
        InvoiceExceedsCommitment,
        "INV-2037 is 24375.01",
        "24375.00 open",
        "commit the difference of 0.01 first",
        "post the overage of 0.01 without the commitment",
    )
    exactly = changed(rest, amount=Decimal("24375.00"))
    assert len(when((RAISED, POSTED), exactly).events) == 1


def test_closing_lets_go_what_is_open_and_keeps_what_was_posted():
    when((RAISED, POSTED), CLOSE).then(CLOSED)
    when((RAISED, POSTED, CLOSED), CLOSE).nothing()
    when((), CLOSE).refused(CommitmentIsUnknown)


def test_closing_again_on_another_day_or_on_another_account_is_refused():
    when((RAISED, POSTED, CLOSED), changed(CLOSE, closed_on=date(2026, 9, 27))).refused(
        CommitmentIsClosed, "2026-09-26"
    )
    when((RAISED,), changed(CLOSE, account="2305")).refused(CommitmentIsOnAnotherAccount, "2302")


def test_a_reversal_takes_all_of_a_posting_back_from_its_own_day_on():
    when((RAISED, POSTED), REVERSE).then(REVERSED)
    assert REVERSED.effective_on() == POSTED.effective_on() == date(2026, 9, 12)
    commitment = COSTS.fold([RAISED, POSTED, REVERSED]).commitments["PO-1013"]
    assert commitment == OpenCommitment(RAISED, open=Decimal("48750"))


def test_what_a_reversal_restores_is_nothing_once_the_commitment_is_closed():
    when((RAISED, POSTED, CLOSED), REVERSE).then(changed(REVERSED, restored=Decimal(0)))
    when((POSTED_WITHOUT_ORDER,), REVERSE).then(
        changed(REVERSED, restored=Decimal(0), commitment=None)
    )


def test_reversing_again_under_the_same_id_records_nothing():
    when((RAISED, POSTED, REVERSED), REVERSE).nothing()
    when((RAISED, POSTED, REVERSED, changed(CLOSED, released=RAISED.amount)), REVERSE).nothing()


def test_a_posting_is_reversed_by_one_reversal_only():
    when((RAISED, POSTED, REVERSED), changed(REVERSE, reversal="REV-4002")).refused(
        PostingIsReversed, "REV-4001", "2026-09-21"
    )
    other = CostPosted(**changed(WITHOUT_ORDER, posting="INV-9").model_dump(), relieved=Decimal(0))
    when((RAISED, POSTED, REVERSED, other), changed(REVERSE, posting="INV-9")).refused(
        ReversalExists, "REV-4001", "INV-2014"
    )


def test_a_reversal_names_a_posting_that_is_there_and_all_of_its_amount():
    when((), REVERSE).refused(PostingIsUnknown, "INV-2014")
    for wrong in ({"amount": Decimal(1)}, {"account": "2305"}):
        when((RAISED, POSTED), changed(REVERSE, **wrong)).refused(
            PostingIsAnother, "24375.00", "2302", "then post what remains"
        )


def test_a_reversed_posting_sent_again_records_nothing():
    when((RAISED, POSTED, REVERSED), POST).nothing()


def test_estimates_are_numbered_by_account():
    when((), ESTIMATE).then(ESTIMATED)
    second = changed(ESTIMATE, estimate="EST-6012", basis=EstimateBasis.ETC, value=Decimal("1650"))
    when((ESTIMATED,), second).then(EstimateSet(**second.model_dump(), number=2))
    elsewhere = changed(ESTIMATE, estimate="EST-6005", account="3601")
    when((ESTIMATED,), elsewhere).then(EstimateSet(**elsewhere.model_dump(), number=1))


def test_the_same_estimate_again_records_nothing_even_after_a_later_one():
    later = EstimateSet(**changed(ESTIMATE, estimate="EST-6012").model_dump(), number=2)
    when((ESTIMATED,), ESTIMATE).nothing()
    when((ESTIMATED, later), ESTIMATE).nothing()


def test_another_estimate_under_the_same_id_is_refused():
    when((ESTIMATED,), changed(ESTIMATE, value=Decimal(1))).refused(
        EstimateExists, "EST-6004", "efc", "124000.00"
    )


def test_only_a_variance_is_below_zero():
    for basis in (EstimateBasis.ETC, EstimateBasis.EFC):
        when((), changed(ESTIMATE, basis=basis, value=Decimal(-1))).refused(EstimateIsNegative)
        assert when((), changed(ESTIMATE, basis=basis, value=Decimal(0))).events
    over = changed(ESTIMATE, basis=EstimateBasis.VARIANCE, value=Decimal("-18500.00"))
    when((), over).then(EstimateSet(**over.model_dump(), number=1))


COMMIT_ENTRY = CommitEntry(entry="commit", **COMMIT.model_dump())
POST_ENTRY = PostEntry(entry="post", **POST.model_dump())
CLOSE_ENTRY = CloseEntry(entry="close", **CLOSE.model_dump())
REVERSE_ENTRY = ReverseEntry(entry="reverse", **REVERSE.model_dump())
ESTIMATE_ENTRY = EstimateEntry(entry="estimate", **ESTIMATE.model_dump())


def test_each_entry_sees_those_before_it_and_is_a_fact_of_its_own():
    entries = (COMMIT_ENTRY, POST_ENTRY, ESTIMATE_ENTRY, REVERSE_ENTRY, CLOSE_ENTRY)
    all_open_again = changed(CLOSED, released=Decimal("48750"))
    when((), RecordCosts(entries=entries)).then(RAISED, POSTED, ESTIMATED, REVERSED, all_open_again)
    when((RAISED, POSTED), RecordCosts(entries=(POST_ENTRY, CLOSE_ENTRY))).then(CLOSED)


def test_one_entry_that_does_not_fit_refuses_all_and_every_problem_is_told():
    dear = changed(POST_ENTRY, posting="INV-2037", amount=Decimal("50000"))
    entries = (COMMIT_ENTRY, dear, POST_ENTRY, changed(REVERSE_ENTRY, posting="INV-9"))
    refusal = when((), RecordCosts(entries=entries)).refused(EntriesDoNotFit, "2 of 4")
    assert [
        (one["index"], one["entry"], one["reference"], one["problem"]) for one in refusal.problems
    ] == [
        (1, "post", "INV-2037", "invoice-exceeds-commitment"),
        (3, "reverse", "REV-4001", "posting-is-unknown"),
    ]
    assert "commit the difference of 1250.00 first" in refusal.problems[0]["cure"]


def test_a_problem_names_the_entry_by_its_own_reference():
    entries = (
        changed(COMMIT_ENTRY, amount=Decimal("0.001")),
        changed(CLOSE_ENTRY, commitment="PO-9"),
        changed(ESTIMATE_ENTRY, value=Decimal("0.001")),
    )
    refusal = when((), RecordCosts(entries=entries)).refused(EntriesDoNotFit, "3 of 3")
    assert [one["reference"] for one in refusal.problems] == ["PO-1013", "PO-9", "EST-6004"]


def test_very_many_problems_are_cut_off_with_their_number():
    entries = tuple(changed(POST_ENTRY, posting=f"INV-{n}") for n in range(PROBLEMS_MAX + 7))
    refusal = when((), RecordCosts(entries=entries)).refused(EntriesDoNotFit)
    assert len(refusal.problems) == PROBLEMS_MAX + 1
    assert refusal.problems[-1]["problem"] == "7 more problems"


def test_ten_thousand_entries_are_taken_and_one_more_is_too_many():
    entries = tuple(changed(POST_ENTRY, posting=f"INV-{n}", commitment=None) for n in range(10_000))
    assert len(when((), RecordCosts(entries=entries)).events) == 10_000
    with pytest.raises(ValidationError):
        RecordCosts(entries=(*entries, COMMIT_ENTRY))


def test_the_five_weeks_of_the_sample_are_recorded_once():
    costs = read_costs((SAMPLES / "costs.csv").read_text())
    events = when((), costs).events
    assert len(events) == len(costs.entries) > 150
    when(tuple(events), costs).nothing()


COMMITMENTS = st.sampled_from(["PO-1", "PO-2"])
POSTINGS = st.sampled_from(["INV-1", "INV-2", "INV-3"])
ACCOUNTS = st.just("2302") | st.sampled_from(["2302", "2305"])
AMOUNTS = st.integers(1, 9).map(Decimal) | st.decimals(min_value="0.01", max_value=9, places=2)
DAYS = st.sampled_from([date(2026, 9, 14), date(2026, 9, 15)])
ENTRIES = st.one_of(
    st.builds(
        CommitEntry,
        entry=st.just("commit"),
        commitment=COMMITMENTS,
        account=ACCOUNTS,
        amount=AMOUNTS,
        description=st.just("an order"),
        raised_on=DAYS,
    ),
    st.builds(
        CloseEntry,
        entry=st.just("close"),
        commitment=COMMITMENTS,
        closed_on=DAYS,
        account=st.none(),
        reason=st.none(),
    ),
    st.builds(
        PostEntry,
        entry=st.just("post"),
        posting=POSTINGS,
        account=ACCOUNTS,
        amount=AMOUNTS,
        commitment=st.none() | COMMITMENTS,
        description=st.just("an invoice"),
        incurred_on=DAYS,
    ),
    st.builds(
        ReverseEntry,
        entry=st.just("reverse"),
        reversal=st.sampled_from(["REV-1", "REV-2", "REV-3"]),
        posting=POSTINGS,
        reason=st.just("keyed twice"),
        reversed_on=DAYS,
        account=st.none(),
        amount=st.none() | AMOUNTS,
    ),
    st.builds(
        EstimateEntry,
        entry=st.just("estimate"),
        estimate=st.sampled_from(["EST-1", "EST-2"]),
        account=ACCOUNTS,
        basis=st.sampled_from(EstimateBasis),
        value=AMOUNTS,
        reason=st.just("hours in hand"),
        estimated_on=DAYS,
    ),
)
LISTS = st.lists(ENTRIES, max_size=25)
CONTEXT = asked(LUCILLE, known=DOLLARS)


@for_patience
@for_all(st.lists(ENTRIES | st.lists(ENTRIES, min_size=1, max_size=3), max_size=15))
def test_every_command_given_twice_records_nothing_the_second_time(steps):
    commands = [
        RecordCosts(entries=tuple(step)) if isinstance(step, list) else step for step in steps
    ]
    each_recorded_once(COSTS, [(command, CONTEXT) for command in commands])


def open_of(ledger: Ledger, commitment: str) -> Decimal:
    standing = ledger.commitments[commitment]
    return standing.open if isinstance(standing, OpenCommitment) else Decimal(0)


@for_patience
@for_all(LISTS)
def test_what_was_raised_is_open_relieved_or_released_and_never_below_zero(entries):
    history, ledger = each_recorded_once(COSTS, [(entry, CONTEXT) for entry in entries])
    raised, relieved, released = (defaultdict[str, Decimal](Decimal) for _ in range(3))
    for event in history:
        match event:
            case CommitmentRaised():
                raised[event.commitment] += event.amount
            case CommitmentClosed():
                released[event.commitment] += event.released
            case CostPosted(commitment=str(commitment)):
                relieved[commitment] += event.relieved
            case CostReversed(commitment=str(commitment)):
                relieved[commitment] -= event.restored
    for commitment in raised:
        parts = open_of(ledger, commitment), relieved[commitment], released[commitment]
        assert min(parts) >= 0
        assert sum(parts) == raised[commitment]


def total_cost(ledger: Ledger) -> Decimal:
    """Actual to date and what is still open (field guide 2.3, 15)."""
    postings = ledger.postings.values()
    reversals = ledger.reversals.values()
    return (
        sum((one.posted.amount for one in postings), Decimal(0))
        - sum((one.amount for one in reversals), Decimal(0))
        + sum((open_of(ledger, one) for one in ledger.commitments), Decimal(0))
    )


@for_patience
@for_all(LISTS)
def test_a_posting_against_a_commitment_never_moves_the_total_cost(entries):
    history, _ = each_recorded_once(COSTS, [(entry, CONTEXT) for entry in entries])
    ledger = COSTS.initial
    for event in history:
        before, ledger = total_cost(ledger), COSTS.fold([event], ledger)
        moved = total_cost(ledger) - before
        match event:
            case CostPosted(commitment=str()):
                assert moved == 0
            case CostPosted() | CommitmentRaised():
                assert moved == event.amount
            case CommitmentClosed():
                assert moved == -event.released
            case CostReversed():
                assert moved == event.restored - event.amount
            case _:
                assert moved == 0


@for_patience
@for_all(st.lists(ENTRIES, min_size=1, max_size=10))
def test_a_list_records_what_its_entries_would_record_one_by_one(entries):
    ledger, one_by_one, refused = COSTS.initial, list[Event](), list[int]()
    for index, entry in enumerate(entries):
        try:
            events = COSTS.decide(ledger, entry, CONTEXT)
        except Rejection:
            refused.append(index)
            continue
        one_by_one += events
        ledger = COSTS.fold(events, ledger)
    outcome = given(COSTS).when(RecordCosts(entries=tuple(entries)), known=DOLLARS)
    if refused:
        assert [one["index"] for one in outcome.refused(EntriesDoNotFit).problems] == refused
    else:
        outcome.then(*one_by_one)
