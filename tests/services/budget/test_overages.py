"""Overages: found when the forecast passes the approved budget, asked for once, answered once."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.budget import (
    AccountTotal,
    BudgetLocked,
    CommitmentClosed,
    CommitmentRaised,
    CostPosted,
    CostReversed,
    EstimateBasis,
    EstimateSet,
    OverageApproved,
    OverageCause,
    OverageForecast,
    OverageRefused,
    OverageThresholdSet,
)
from events.event import Event
from runtime.content import content_hash
from runtime.decider import Command
from services.budget.commands import (
    ApproveOverage,
    CloseCommitment,
    ForecastOverage,
    PostCost,
    PostEntry,
    RaiseCommitment,
    RecordCosts,
    RefuseOverage,
    ReverseCost,
    SetEstimate,
    SetOverageThreshold,
)
from services.budget.model.costs import COSTS
from services.budget.model.rejections import (
    AmountIsNotExact,
    BudgetIsNotLocked,
    OverageIsAnother,
    OverageIsAnswered,
    OverageIsUnknown,
    OverageThresholdIsNotSet,
)
from services.budget.policies import Known, hear
from tests.services.given import Given, When, for_patience, given, recorded
from tests.services.lighthouse import BUDGET_REQUEST, LUCILLE, OPENED

pytestmark = pytest.mark.unit

DAY = date(2026, 9, 14)
PLAN = {"1401": Decimal("1000.00"), "2302": Decimal("500.00")}


def locked(version: int = 1, plan: dict[str, Decimal] = PLAN) -> BudgetLocked:
    return BudgetLocked(
        version=version,
        content_hash="3d" * 32,
        total=sum(plan.values(), Decimal(0)),
        request=BUDGET_REQUEST,
        accounts=tuple(AccountTotal(account=one, total=total) for one, total in plan.items()),
    )


def known_after(*facts: Event) -> Known:
    known = Known()
    for fact in (OPENED, *facts):
        known = hear(known, recorded(fact, "budget"))
    return known


KNOWN = known_after(locked())
THRESHOLD = OverageThresholdSet(amount=Decimal("100.00"), behind_account="2302")
SET = SetOverageThreshold(amount=Decimal(100), behind_account="2302")


def post(amount: str, account: str = "2302", posting: str = "INV-1") -> PostCost:
    return PostCost(
        posting=posting,
        account=account,
        amount=Decimal(amount),
        description="timber",
        incurred_on=DAY,
    )


def posted(amount: str, account: str = "2302", posting: str = "INV-1") -> CostPosted:
    command = post(amount, account, posting)
    return CostPosted(**command.model_dump(), relieved=Decimal("0.00"))


def when(history: tuple[Event, ...], command: Command, known: Known = KNOWN) -> When:
    return given(COSTS, *history).when(command, by=LUCILLE, known=known)


def forecast_in(events: When | list[Event]) -> OverageForecast:
    told = events.events if isinstance(events, When) else events
    [found] = [one for one in told if isinstance(one, OverageForecast)]
    return found


def lived(*commands: Command, known: Known = KNOWN) -> tuple[Event, ...]:
    """The facts of commands, one after the other."""
    history: tuple[Event, ...] = (THRESHOLD,)
    for command in commands:
        done = when(history, command, known)
        assert done.rejection is None, done.rejection
        history += tuple(done.events)
    return history


def approval_of(overage: OverageForecast) -> ApproveOverage:
    return ApproveOverage(
        overage=overage.overage, content_hash=overage.content_hash, request=BUDGET_REQUEST
    )


def refusal_of(overage: OverageForecast) -> RefuseOverage:
    return RefuseOverage(
        **approval_of(overage).model_dump(), reason="Shorten the harbor days", by="henrietta"
    )


def test_a_threshold_is_set_and_set_anew():
    when((), SET).then(THRESHOLD)
    when((THRESHOLD,), SET).nothing()
    higher = SET.model_copy(update={"amount": Decimal(200)})
    when((THRESHOLD,), higher).then(THRESHOLD.model_copy(update={"amount": Decimal("200.00")}))
    half_a_cent = SET.model_copy(update={"amount": Decimal("0.005")})
    when((), half_a_cent).refused(AmountIsNotExact)


def test_a_cost_that_takes_the_forecast_over_by_the_threshold_brings_an_overage():
    done = when((THRESHOLD,), post("600"))
    overage = forecast_in(done)
    assert list(done.events) == [posted("600"), overage]
    assert overage.model_copy(update={"content_hash": "0" * 64}) == OverageForecast(
        overage="OV-1",
        number=1,
        cause=OverageCause.FORECAST,
        approved=Decimal("1500.00"),
        efc=Decimal("1600.00"),
        amount=Decimal("100.00"),
        accounts=(AccountTotal(account="2302", total=Decimal("100.00")),),
        reason="over: account 2302 by 100.00",
        content_hash="0" * 64,
    )


def test_below_the_threshold_or_without_one_or_without_a_locked_budget_there_is_none():
    when((THRESHOLD,), post("599.99")).then(posted("599.99"))
    when((), post("6000")).then(posted("6000"))
    when((THRESHOLD,), post("6000"), known_after()).then(posted("6000"))


def test_a_threshold_of_nothing_still_needs_something():
    nothing = (THRESHOLD.model_copy(update={"amount": Decimal("0.00")}),)
    when(nothing, post("500")).then(posted("500"))
    assert forecast_in(when(nothing, post("500.01"))).amount == Decimal("0.01")


def test_a_lock_from_before_accounts_were_told_is_nothing_to_measure_against():
    old = known_after(locked().model_copy(update={"accounts": ()}))
    when((THRESHOLD,), post("6000"), old).then(posted("6000"))


def test_any_entry_may_bring_it():
    commit = RaiseCommitment(
        commitment="PO-1", account="2302", amount=Decimal(700), description="rig", raised_on=DAY
    )
    assert forecast_in(when((THRESHOLD,), commit)).amount == Decimal("200.00")
    estimate = SetEstimate(
        estimate="EST-1",
        account="1401",
        basis=EstimateBasis.EFC,
        value=Decimal(1250),
        reason="another week",
        estimated_on=DAY,
    )
    assert forecast_in(when((THRESHOLD,), estimate)).amount == Decimal("250.00")


def test_a_file_of_costs_brings_one_overage_at_its_end():
    entries = tuple(
        PostEntry(entry="post", **post("400", posting=f"INV-{n}").model_dump()) for n in range(3)
    )
    done = when((THRESHOLD,), RecordCosts(entries=entries))
    assert [type(one) for one in done.events] == [CostPosted] * 3 + [OverageForecast]
    assert forecast_in(done).amount == Decimal("700.00")


def test_an_account_that_is_under_gives_to_one_that_is_over():
    saving = SetEstimate(
        estimate="EST-1",
        account="1401",
        basis=EstimateBasis.EFC,
        value=Decimal(850),
        reason="a day less",
        estimated_on=DAY,
    )
    history = lived(saving)
    when(history, post("700")).then(posted("700"))
    overage = forecast_in(when(history, post("790.01")))
    assert overage.amount == Decimal("140.01")
    assert overage.accounts == (AccountTotal(account="2302", total=Decimal("140.01")),)


def test_what_is_asked_for_is_not_asked_for_again_but_what_comes_on_top_is():
    history = lived(post("600"))
    more = post("99.99", posting="INV-2")
    when(history, more).then(posted("99.99", posting="INV-2"))
    second = forecast_in(when(history, post("100", "9999", "INV-3")))
    assert (second.overage, second.number, second.amount) == ("OV-2", 2, Decimal("100.00"))
    assert second.accounts == (AccountTotal(account="9999", total=Decimal("100.00")),)


def test_an_approved_overage_is_part_of_the_approved_budget():
    history = lived(post("600"))
    overage = forecast_in(list(history))
    approval = approval_of(overage)
    approved = OverageApproved(
        overage="OV-1",
        amount=overage.amount,
        accounts=overage.accounts,
        request=BUDGET_REQUEST,
    )
    when(history, approval).then(approved)
    when((*history, approved), approval).nothing()
    # Whether the room has heard of its own approval yet makes no difference.
    for known in (KNOWN, known_after(locked(), approved)):
        when((*history, approved), post("99.99", posting="INV-2"), known).then(
            posted("99.99", posting="INV-2")
        )
        next_one = forecast_in(when((*history, approved), post("150", posting="INV-2"), known))
        assert (next_one.approved, next_one.amount) == (Decimal("1600.00"), Decimal("150.00"))


def test_a_later_lock_starts_again_from_its_own_plan():
    history = lived(post("600"))
    overage = forecast_in(list(history))
    [approved] = when(history, approval_of(overage)).events
    relocked = known_after(locked(), approved, locked(2, {**PLAN, "2302": Decimal("550.00")}))
    done = when((*history, approved), post("50", posting="INV-2"), relocked)
    assert forecast_in(done).approved == Decimal("1550.00")
    assert forecast_in(done).amount == Decimal("100.00")


def test_a_cost_that_is_reversed_is_no_cost_any_more():
    reverse = ReverseCost(reversal="REV-1", posting="INV-1", reason="Twice", reversed_on=DAY)
    history = lived(post("550"), reverse)
    when(history, post("550", posting="INV-2")).then(posted("550", posting="INV-2"))
    assert forecast_in(when(history, post("600", posting="INV-2"))).amount == 100


def test_what_is_forecast_and_what_is_late_are_numbered_and_named_by_their_content():
    history = lived(post("600"))
    first = forecast_in(list(history))
    second = forecast_in(when(history, BEHIND))
    assert (first.number, second.number) == (1, 2)
    assert forecast_in(when((THRESHOLD,), BEHIND)).number == 1
    for one in (first, second):
        said = one.model_dump(exclude={"content_hash"})
        assert content_hash(said) == one.content_hash


def test_a_late_shoot_asks_from_the_first_cent_on_and_never_for_nothing():
    from_a_cent = THRESHOLD.model_copy(update={"amount": Decimal("0.00")})
    cent = BEHIND.model_copy(update={"amount": Decimal("0.01")})
    asked_for = when((from_a_cent,), cent)
    assert forecast_in(asked_for).amount == Decimal("0.01")
    again = cent.model_copy(update={"overage": "OV-behind-v1-4"})
    when((from_a_cent, *asked_for.events), again).nothing()


def test_what_is_approved_after_a_later_lock_comes_on_top_of_it():
    history = lived(post("600"))
    [first] = when(history, approval_of(forecast_in(list(history)))).events
    relocked = known_after(locked(), first, locked(2))
    asked_again = when((*history, first), post("100", posting="INV-2"), relocked)
    history += (first, *asked_again.events)
    [second] = when(history, approval_of(forecast_in(asked_again)), relocked).events
    done = when((*history, second), post("100", posting="INV-3"), relocked)
    assert forecast_in(done).approved == 1500 + second.amount


def test_the_reason_names_the_accounts_that_are_furthest_over_first():
    plan = {f"{2300 + n}": Decimal("10.00") for n in range(11)}
    known = known_after(locked(plan=plan))
    entries = [
        PostEntry(entry="post", **post(f"{20 + n}", f"{2300 + n}", f"INV-{n}").model_dump())
        for n in range(11)
    ]

    def reason_of(count: int) -> str:
        costs = RecordCosts(entries=tuple(entries[:count]))
        lower = THRESHOLD.model_copy(update={"amount": Decimal("1.00")})
        return forecast_in(when((lower,), costs, known)).reason

    told = [f"{2300 + n} by {10 + n}.00" for n in (2, 1, 0)]
    assert reason_of(3) == "over: account " + ", ".join(told)
    assert "more" not in reason_of(10)
    assert reason_of(11).startswith("over: account 2310 by 20.00, 2309 by 19.00, ")
    assert reason_of(11).endswith("2301 by 11.00 and 1 more")


def test_a_variance_is_measured_against_what_was_approved_when_it_was_set():
    over = SetEstimate(
        estimate="EST-1",
        account="2302",
        basis=EstimateBasis.VARIANCE,
        value=Decimal(-150),
        reason="another boat",
        estimated_on=DAY,
    )
    history = lived(over)
    overage = forecast_in(list(history))
    assert overage.amount == Decimal("150.00")
    [approved] = when(history, approval_of(overage)).events
    history += (approved,)
    when(history, post("1")).then(posted("1"))
    again = over.model_copy(update={"estimate": "EST-2", "value": Decimal(-100)})
    assert forecast_in(when(history, again)).amount == Decimal("100.00")


def test_a_refused_overage_is_not_asked_for_again_before_it_has_grown():
    history = lived(post("600"))
    overage = forecast_in(list(history))
    refused = OverageRefused(
        overage="OV-1",
        amount=overage.amount,
        request=BUDGET_REQUEST,
        reason="Shorten the harbor days",
        by="henrietta",
    )
    when(history, refusal_of(overage)).then(refused)
    history += (refused,)
    when(history, refusal_of(overage)).nothing()
    when(history, post("10", "1401", "INV-2")).then(posted("10", "1401", "INV-2"))
    grown = when(history, post("0.01", posting="INV-2"))
    assert forecast_in(grown).amount == Decimal("100.01")
    [_, second] = grown.events
    history += tuple(grown.events)
    when(history, refusal_of(overage)).nothing()
    [refused_again] = when(history, refusal_of(second)).events
    history += (refused_again,)
    when(history, post("10", "1401", "INV-3")).then(posted("10", "1401", "INV-3"))
    assert forecast_in(when(history, post("0.01", posting="INV-3"))).amount == Decimal("100.02")


def test_what_was_refused_counts_no_more_once_another_plan_is_locked():
    history = lived(post("600"))
    overage = forecast_in(list(history))
    [refused] = when(history, refusal_of(overage)).events
    relocked = known_after(locked(), refused, locked(2))
    assert forecast_in(when((*history, refused), post("1", "1401", "I"), relocked)).amount == 100


def test_an_answer_is_about_exactly_one_overage_and_stands():
    history = lived(post("600"))
    overage = forecast_in(list(history))
    when((), approval_of(overage)).refused(OverageIsUnknown, "OV-1")
    other = approval_of(overage).model_copy(update={"content_hash": "aa" * 32})
    when(history, other).refused(OverageIsAnother, "100.00")
    [approved] = when(history, approval_of(overage)).events
    [refused] = when(history, refusal_of(overage)).events
    when((*history, approved), approval_of(overage)).nothing()
    when((*history, approved), refusal_of(overage)).refused(OverageIsAnswered, "was approved")
    when((*history, refused), approval_of(overage)).refused(OverageIsAnswered, "henrietta")


BEHIND = ForecastOverage(
    overage="OV-behind-v1-3",
    series="OV-behind-v1-",
    cause=OverageCause.BEHIND_SCHEDULE,
    amount=Decimal(120),
    account="2302",
    reason="1.2 average days behind",
)


def test_a_late_shoot_asks_for_what_it_has_not_asked_for_yet():
    first = forecast_in(when((THRESHOLD,), BEHIND))
    assert (first.overage, first.cause, first.amount) == ("OV-behind-v1-3", BEHIND.cause, 120)
    assert (first.approved, first.efc) == (Decimal("1500.00"), Decimal("1500.00"))
    assert first.accounts == (AccountTotal(account="2302", total=Decimal("120.00")),)
    history = (THRESHOLD, first)
    when(history, BEHIND).nothing()
    later = BEHIND.model_copy(update={"overage": "OV-behind-v1-4", "amount": Decimal(219)})
    when(history, later).nothing()
    later = BEHIND.model_copy(update={"overage": "OV-behind-v1-5", "amount": Decimal(220)})
    assert forecast_in(when(history, later)).amount == Decimal("100.00")
    anew = BEHIND.model_copy(update={"overage": "OV-behind-v2-3", "series": "OV-behind-v2-"})
    assert forecast_in(when(history, anew)).amount == Decimal("120.00")


def test_a_late_shoot_needs_a_threshold_and_a_locked_budget():
    when((), BEHIND).refused(OverageThresholdIsNotSet, "set an overage threshold")
    when((THRESHOLD,), BEHIND, known_after()).refused(BudgetIsNotLocked, "lock a budget")


def test_money_that_is_asked_for_a_late_shoot_is_not_asked_for_twice():
    [behind] = when((THRESHOLD,), BEHIND).events
    when((THRESHOLD, behind), post("700")).then(posted("700"))
    assert forecast_in(when((THRESHOLD, behind), post("720"))).amount == Decimal("100.00")


def test_nobody_forecasts_or_answers_by_hand():
    assert not ForecastOverage.MAY | ApproveOverage.MAY | RefuseOverage.MAY


# --- a second opinion on random histories -----------------------------------------------------


class Naive:
    """Everything worked out from the whole history at every step, by another way of thinking."""

    def __init__(self) -> None:
        self.facts: list[Event] = [locked()]

    def since_lock(self) -> int:
        return max(n for n, one in enumerate(self.facts) if isinstance(one, BudgetLocked))

    def overage_status(self) -> dict[str, tuple[OverageForecast, str, int]]:
        told: dict[str, tuple[OverageForecast, str, int]] = {}
        for n, one in enumerate(self.facts):
            if isinstance(one, OverageForecast):
                told[one.overage] = (one, "open", n)
            elif isinstance(one, OverageApproved):
                told[one.overage] = (told[one.overage][0], "approved", n)
            elif isinstance(one, OverageRefused):
                told[one.overage] = (told[one.overage][0], "refused", n)
        return told

    def approved(self, upto: int) -> dict[str, Decimal]:
        lock = self.since_lock()
        base = self.facts[lock]
        assert isinstance(base, BudgetLocked)
        amounts = defaultdict(Decimal, {one.account: one.total for one in base.accounts})
        for n, one in enumerate(self.facts):
            if isinstance(one, OverageApproved) and lock < n < upto:
                for part in one.accounts:
                    amounts[part.account] += part.total
        return amounts

    def efc(self, account: str) -> Decimal:
        total, estimate, at = Decimal(0), None, 0
        for n, one in enumerate(self.facts):
            if getattr(one, "account", None) != account:
                continue
            match one:
                case CommitmentRaised():
                    total += one.amount
                case CommitmentClosed():
                    total -= one.released
                case CostPosted():
                    total += one.amount - one.relieved
                case CostReversed():
                    total += one.restored - one.amount
                case EstimateSet():
                    estimate, at = one, n
        now = self.approved(len(self.facts))[account]
        if estimate is None:
            return max(now, total)
        if estimate.basis is EstimateBasis.ETC:
            return total + estimate.value
        if estimate.basis is EstimateBasis.EFC:
            return max(total, estimate.value)
        return max(total, self.approved(at)[account] - estimate.value)

    def expected(self, threshold: Decimal | None) -> Decimal | None:
        """The overage that must be told now, if any."""
        accounts = {
            account
            for one in self.facts
            for account in (
                [getattr(one, "account", None)]
                + [part.account for part in getattr(one, "accounts", ())]
            )
            if account
        }
        approved = self.approved(len(self.facts))
        status = self.overage_status().values()
        gap = sum(self.efc(one) for one in accounts) - sum(approved.values())
        gap -= sum(one.amount for one, state, _ in status if state == "open")
        refused = Decimal(0)
        last = max(
            (
                n
                for n, one in enumerate(self.facts)
                if isinstance(one, OverageForecast) and one.cause is OverageCause.FORECAST
            ),
            default=-1,
        )
        for one, state, n in status:
            by_costs = one.cause is OverageCause.FORECAST
            if state == "refused" and by_costs and n > max(last, self.since_lock()):
                refused += one.amount
        if threshold is None or gap <= refused or gap <= 0 or gap < threshold:
            return None
        return gap


ACCOUNTS = st.sampled_from(["1401", "2302", "9999"])
AMOUNTS = st.integers(1, 90_000).map(lambda cents: Decimal(cents) / 100)
NUMBERS = st.integers(1, 5)
ANSWER, REFUSE, LOCK = "approve", "refuse", "lock"
STEPS = st.one_of(
    st.builds(
        lambda n, account, amount: post(str(amount), account, f"INV-{n}"),
        NUMBERS,
        ACCOUNTS,
        AMOUNTS,
    ),
    st.builds(
        lambda n, account, amount: RaiseCommitment(
            commitment=f"PO-{n}",
            account=account,
            amount=amount,
            description="rig",
            raised_on=DAY,
        ),
        NUMBERS,
        ACCOUNTS,
        AMOUNTS,
    ),
    st.builds(lambda n: CloseCommitment(commitment=f"PO-{n}", closed_on=DAY), NUMBERS),
    st.builds(
        lambda n, amount: PostCost(
            posting=f"INV-{n}",
            account="2302",
            amount=amount,
            commitment="PO-1",
            description="part",
            incurred_on=DAY,
        ),
        NUMBERS,
        AMOUNTS,
    ),
    st.builds(
        lambda n: ReverseCost(
            reversal=f"REV-{n}", posting=f"INV-{n}", reason="twice", reversed_on=DAY
        ),
        NUMBERS,
    ),
    st.builds(
        lambda n, account, basis, amount: SetEstimate(
            estimate=f"EST-{n}",
            account=account,
            basis=basis,
            value=-amount if basis is EstimateBasis.VARIANCE else amount,
            reason="as she sees it",
            estimated_on=DAY,
        ),
        st.integers(1, 30),
        ACCOUNTS,
        st.sampled_from(EstimateBasis),
        AMOUNTS,
    ),
    st.builds(
        lambda cents: SetOverageThreshold(amount=Decimal(cents) / 100, behind_account="2302"),
        st.sampled_from([0, 10_000, 40_000]),
    ),
    st.builds(
        lambda n, amount: BEHIND.model_copy(
            update={"overage": f"OV-behind-v1-{n}", "amount": amount}
        ),
        NUMBERS,
        AMOUNTS,
    ),
    st.sampled_from([ANSWER, REFUSE, ANSWER, REFUSE, LOCK]),
)


def command_of(step: Command | str, naive: Naive) -> Command | None:
    if not isinstance(step, str):
        return step
    open_ones = [one for one, state, _ in naive.overage_status().values() if state == "open"]
    if not open_ones or step == LOCK:
        return None
    return approval_of(open_ones[0]) if step == ANSWER else refusal_of(open_ones[0])


@settings(for_patience, max_examples=150)
@for_all(st.lists(STEPS, max_size=25), st.booleans())
@example([SET, post("700"), REFUSE, post("10", "1401", "INV-2"), post("5", "2302", "INV-3")], True)
@example([SET, post("700"), ANSWER, LOCK, post("5", "2302", "INV-3")], False)
def test_overages_are_what_a_naive_reader_of_the_whole_history_finds(steps, hears_at_once):
    """And each command given twice records nothing, and no money is lost between the accounts."""
    naive = Naive()
    known, waiting = known_after(locked()), list[Event]()
    state, threshold, version = COSTS.initial, None, 1
    for step in steps:
        if step == LOCK:
            version += 1
            plan = {**PLAN, "9999": Decimal(100 * version)}
            naive.facts.append(locked(version, plan))
            for fact in [*waiting, locked(version, plan)]:
                known = hear(known, recorded(fact, "budget"))
            waiting = []
            continue
        command = command_of(step, naive)
        if command is None:
            continue
        done = Given(COSTS, state).when(command, by=LUCILLE, known=known)
        if done.rejection is not None or not done.events:
            continue
        events = list(done.events)
        forecasts = [one for one in events if isinstance(one, OverageForecast)]
        is_entry = not isinstance(
            command, SetOverageThreshold | ForecastOverage | ApproveOverage | RefuseOverage
        )
        naive.facts += [one for one in events if not (is_entry and one in forecasts)]
        if is_entry:
            assert [one.amount for one in forecasts] == [
                amount for amount in [naive.expected(threshold)] if amount is not None
            ]
            naive.facts += forecasts
        for one in forecasts:
            assert sum(part.total for part in one.accounts) == one.amount > 0
            assert all(part.total > 0 for part in one.accounts)
        state = COSTS.fold(events, state)
        if isinstance(command, SetOverageThreshold):
            threshold = command.amount
        Given(COSTS, state).when(command, by=LUCILLE, known=known).nothing()
        waiting += events
        if hears_at_once:
            for fact in waiting:
                known = hear(known, recorded(fact, "budget"))
            waiting = []
