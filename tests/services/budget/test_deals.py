"""What deals promise: a commitment for each payment, as long as it is owed."""

from datetime import date
from decimal import Decimal

import pytest

from events.budget import CommitmentClosed, CommitmentRaised, CostPosted, CostReversed
from events.contract import (
    ContractAmended,
    ContractExecuted,
    ContractTerminated,
    Payment,
    Terms,
    commitment_of,
)
from events.event import Event
from runtime.decider import Command
from services.budget.commands import CloseCommitment, RaiseCommitment
from services.budget.model.costs import COSTS
from services.budget.model.rejections import CommitmentExists, CurrencyIsAnother
from services.budget.policies import Known, hear, policies
from tests.services.given import given, recorded
from tests.services.lighthouse import LUCILLE, OPENED, POLICY

pytestmark = pytest.mark.unit

CONTRACT = "5d0e8a91-3c27-4b6f-9e14-a7c2f0b3d658"
BUDGET_POLICY = type(POLICY)("policy:budget", frozenset())
SIGNED = date(2026, 8, 3)


def payment(name: str, amount: str, account: str | None = None) -> Payment:
    return Payment(payment=name, amount=Decimal(amount), account=account)


def terms(*payments: Payment, account: str | None = "1401", currency: str = "USD") -> Terms:
    fee = sum((one.amount for one in payments), Decimal(0))
    return Terms(currency=currency, fee=fee, account=account, payments=payments)


FIRST = terms(
    payment("on signature", "20000"), payment("week 1", "33000"), payment("boat", "5000", "3521")
)
EXECUTED = ContractExecuted(
    contract=CONTRACT,
    kind="cast",
    title="Silas Marr, the keeper",
    party="silas",
    version=2,
    terms=FIRST,
    content_hash="5c" * 32,
    executed_on=SIGNED,
)


def amended(after: Terms, version: int = 3, before: Terms = FIRST) -> ContractAmended:
    return ContractAmended(
        contract=CONTRACT,
        version=version,
        before=before,
        after=after,
        content_hash="6d" * 32,
        amended_on=date(2026, 9, 1),
    )


def reference(name: str, version: int = 2) -> str:
    return commitment_of(CONTRACT, name, version)


def reactions(*facts: Event) -> list[Command]:
    """The commands that answer the last of these facts of the contract log."""
    known, commands = hear(Known(), recorded(OPENED, "approval")), list[Command]()
    for fact in facts:
        known = hear(known, recorded(fact, "contract"))
        commands = policies.react(recorded(fact, "contract"), known)
    assert Known.model_validate_json(known.model_dump_json()) == known
    return commands


def raised(commands: list[Command]) -> dict[str, RaiseCommitment]:
    return {one.commitment: one for one in commands if isinstance(one, RaiseCommitment)}


def closed(commands: list[Command]) -> list[str]:
    return [one.commitment for one in commands if isinstance(one, CloseCommitment)]


def test_an_executed_deal_commits_each_payment_on_its_account():
    commands = reactions(EXECUTED)
    assert [type(one) for one in commands] == [RaiseCommitment] * 3
    assert commands[0] == RaiseCommitment(
        commitment=reference("on signature"),
        account="1401",
        amount=Decimal(20000),
        description="Silas Marr, the keeper: on signature",
        raised_on=SIGNED,
        currency="USD",
    )
    assert raised(commands)[reference("boat")].account == "3521"


def test_a_payment_without_an_account_commits_nothing():
    bare = EXECUTED.model_copy(
        update={"terms": terms(payment("fee", "1"), payment("boat", "2", "3521"), account=None)}
    )
    assert list(raised(reactions(bare))) == [reference("boat")]


def test_a_long_name_and_a_contract_whose_id_begins_alike_get_references_of_their_own():
    long = EXECUTED.model_copy(update={"terms": terms(payment("x" * 64, "1"), payment("y", "2"))})
    [first, second] = raised(reactions(long))
    assert len(first) <= 64 and first.startswith("xxx") and second == reference("y")
    twin = EXECUTED.model_copy(update={"contract": CONTRACT[:-1] + "9"})
    references = set(raised(reactions(EXECUTED))) | set(raised(reactions(EXECUTED, twin)))
    assert len(references) == 6


def test_an_amendment_closes_what_is_gone_or_changed_and_commits_what_is_new():
    after = terms(
        payment("on signature", "20000"), payment("week 1", "44000"), payment("week 2", "11000")
    )
    commands = reactions(EXECUTED, amended(after))
    assert closed(commands) == [reference("week 1"), reference("boat")]
    reasons = {one.reason for one in commands if isinstance(one, CloseCommitment)}
    assert reasons == {"Silas Marr, the keeper: amended, version 3"}
    new = raised(commands)
    assert list(new) == [reference("week 1", 3), reference("week 2", 3)]
    assert new[reference("week 1", 3)].in_place_of == (reference("week 1"),)
    assert new[reference("week 2", 3)].in_place_of == ()
    assert new[reference("week 1", 3)].description == "Silas Marr, the keeper: week 1"
    third = amended(terms(payment("on signature", "1")), version=4, before=after)
    commands = reactions(EXECUTED, amended(after), third)
    assert closed(commands) == [
        reference("on signature"),
        reference("week 1", 3),
        reference("week 2", 3),
    ]
    assert list(raised(commands)) == [reference("on signature", 4)]


def test_an_amendment_of_other_things_moves_no_money():
    later = [one.model_copy(update={"due_on": date(2026, 12, 1)}) for one in FIRST.payments]
    assert reactions(EXECUTED, amended(terms(*later))) == []
    elsewhere = reactions(EXECUTED, amended(terms(*FIRST.payments, account="1402")))
    assert closed(elsewhere) == [reference("on signature"), reference("week 1")]


def test_a_terminated_deal_lets_go_what_it_no_longer_owes():
    ended = ContractTerminated(
        contract=CONTRACT,
        reason="He took another film",
        terminated_on=date(2026, 9, 20),
        released=("week 1", "boat", "never known"),
        owed=("on signature",),
    )
    commands = reactions(EXECUTED, ended)
    assert closed(commands) == [reference("week 1"), reference("boat")]
    assert commands[0] == CloseCommitment(
        commitment=reference("week 1"),
        closed_on=date(2026, 9, 20),
        reason="Silas Marr, the keeper was terminated: He took another film",
    )


def test_what_somebody_closed_by_hand_is_not_closed_again():
    known = hear(Known(), recorded(EXECUTED, "contract"))
    by_hand = CommitmentClosed(
        commitment=reference("week 1"), account="1401", released=Decimal(1), closed_on=SIGNED
    )
    ended = ContractTerminated(
        contract=CONTRACT,
        reason="Over",
        terminated_on=SIGNED,
        released=("week 1", "boat"),
        owed=(),
    )
    after = hear(known, recorded(by_hand, "budget", by=LUCILLE))
    assert closed(policies.react(recorded(ended, "contract"), after)) == [reference("boat")]
    # A reaction that was interrupted gives the same commands again.
    by_itself = hear(known, recorded(by_hand, "budget", by=BUDGET_POLICY))
    assert len(policies.react(recorded(ended, "contract"), by_itself)) == 2


KNOWN = Known(currency="USD")
RAISED = CommitmentRaised(
    commitment="PO-1",
    account="1401",
    amount=Decimal("33000.00"),
    description="week 1",
    raised_on=SIGNED,
)
POSTED = CostPosted(
    posting="INV-1",
    account="1401",
    amount=Decimal("4000.00"),
    commitment="PO-1",
    relieved=Decimal("4000.00"),
    description="advance",
    incurred_on=SIGNED,
)
CLOSED = CommitmentClosed(
    commitment="PO-1", account="1401", released=Decimal("29000.00"), closed_on=SIGNED
)
INSTEAD = RaiseCommitment(
    commitment="PO-2",
    account="1401",
    amount=Decimal(44000),
    description="week 1",
    raised_on=SIGNED,
    in_place_of=("PO-1",),
)


def test_what_was_paid_before_an_amendment_is_not_committed_twice():
    for history in ((RAISED, POSTED), (RAISED, POSTED, CLOSED)):
        expected = RAISED.model_copy(update={"commitment": "PO-2", "amount": Decimal("40000.00")})
        given(COSTS, *history).when(INSTEAD, known=KNOWN).then(expected)
        given(COSTS, *history, expected).when(INSTEAD, known=KNOWN).nothing()
    paid = INSTEAD.model_copy(update={"amount": Decimal(4000)})
    given(COSTS, RAISED, POSTED).when(paid, known=KNOWN).nothing()
    unknown = INSTEAD.model_copy(update={"in_place_of": ("PO-0",)})
    [whole] = given(COSTS).when(unknown, known=KNOWN).events
    assert isinstance(whole, CommitmentRaised) and whole.amount == Decimal(44000)
    given(COSTS, whole).when(INSTEAD.model_copy(update={"account": "1402"}), known=KNOWN).refused(
        CommitmentExists
    )


def test_what_was_paid_before_several_amendments_is_taken_off_every_later_commitment():
    """20,000 of 33,000 are paid, then the week costs 44,000, then 50,000."""
    second = terms(payment("week 1", "44000"))
    third = terms(payment("week 1", "50000"))
    history: list[Event] = []
    deal = (EXECUTED, amended(second), amended(third, version=4, before=second))
    for number, fact in enumerate(deal):
        for command in reactions(*deal[: number + 1]):
            done = given(COSTS, *history).when(command, known=KNOWN)
            assert done.rejection is None
            history += done.events
        if fact is EXECUTED:
            paid = POSTED.model_copy(
                update={"commitment": reference("week 1"), "amount": Decimal(20000)}
            )
            history.append(paid.model_copy(update={"relieved": Decimal(20000)}))
    raised_then = {one.commitment: one for one in history if isinstance(one, CommitmentRaised)}
    assert raised_then[reference("week 1", 3)].amount == Decimal(24000)
    assert raised_then[reference("week 1", 4)].amount == Decimal(30000)
    account = COSTS.fold(history).accounts["1401"]
    assert account.cost_to_date + account.committed == Decimal(50000)


def test_what_was_taken_back_after_an_amendment_is_owed_again_by_the_next_one():
    reversed_ = CostReversed(
        reversal="REV-1",
        posting="INV-1",
        account="1401",
        amount=POSTED.amount,
        commitment="PO-1",
        restored=Decimal("0.00"),
        reason="Paid to another",
        incurred_on=SIGNED,
        reversed_on=SIGNED,
    )
    [whole] = given(COSTS, RAISED, POSTED, CLOSED, reversed_).when(INSTEAD, known=KNOWN).events
    assert isinstance(whole, CommitmentRaised) and whole.amount == Decimal(44000)


def test_an_amount_in_another_currency_is_not_taken_for_the_productions():
    euros = INSTEAD.model_copy(update={"currency": "EUR"})
    given(COSTS).when(euros, known=KNOWN).refused(CurrencyIsAnother, "EUR", "by hand")
