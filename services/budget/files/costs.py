"""A list of costs as CSV: one row per entry, in the order in which they are to be recorded."""

from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from events.budget import EstimateBasis
from services.budget.commands import (
    CloseEntry,
    CommitEntry,
    Entry,
    EstimateEntry,
    PostEntry,
    RecordCosts,
    ReverseEntry,
)
from services.budget.files.cells import NAME, NUMBER_OF_ACCOUNT, SENTENCE, FirstRows, Row, Sheet

COLUMNS = ("date", "entry", "reference", "account", "amount", "against", "description")
CURES = {
    "reference": NAME,
    "account": NUMBER_OF_ACCOUNT,
    "amount": "at most 14 digits before the point and 4 behind it",
    "against": NAME,
    "description": SENTENCE,
}


class Kind(StrEnum):
    """What a row records."""

    COMMIT = "commit"
    POST = "post"
    REVERSE = "reverse"
    CLOSE = "close"
    ESTIMATE = "estimate"


def read_costs(text: str) -> RecordCosts:
    """The costs in a file.

    `against` names the commitment that a post relieves or a close ends, the post that a reverse
    takes back, or the basis that an estimate's amount is stated in. Whether those are there is
    the ledger's to say, since they may stand in an earlier file.

    Raises:
        BadFile: with what is wrong anywhere in it.
    """
    sheet = Sheet(text, COLUMNS, CURES)
    first_rows = FirstRows()
    entries: list[Entry] = []
    for row in sheet.rows():
        kind, reference = row.one_of("entry", Kind), row.words("reference")
        row.check_first(first_rows, "reference", reference, of=kind)
        entry = _entry(row, kind, reference)
        if entry is not None:
            entries.append(entry)
    sheet.check()
    return RecordCosts(entries=tuple(entries))


def _entry(row: Row, kind: Kind | None, reference: str | None) -> Entry | None:
    match kind:
        case Kind.COMMIT:
            return _commit(row, reference)
        case Kind.POST:
            return _post(row, reference)
        case Kind.REVERSE:
            return _reverse(row, reference)
        case Kind.CLOSE:
            return _close(row)
        case Kind.ESTIMATE:
            return _estimate(row, reference)
        case None:
            row.day("date")
            return None
        case _:
            assert_never(kind)


def _commit(row: Row, reference: str | None) -> Entry | None:
    row.nothing("against", "a commitment stands against nothing")
    return row.built(
        CommitEntry,
        {"commitment": "reference", "raised_on": "date"},
        entry="commit",
        commitment=reference,
        account=row.words("account"),
        amount=_positive(row, row.number_in("amount")),
        description=row.words("description"),
        raised_on=row.day("date"),
    )


def _post(row: Row, reference: str | None) -> Entry | None:
    return row.built(
        PostEntry,
        {"posting": "reference", "commitment": "against", "incurred_on": "date"},
        entry="post",
        posting=reference,
        account=row.words("account"),
        amount=_positive(row, row.number_in("amount")),
        commitment=row.text("against"),
        description=row.words("description"),
        incurred_on=row.day("date"),
    )


def _reverse(row: Row, reference: str | None) -> Entry | None:
    return row.built(
        ReverseEntry,
        {"reversal": "reference", "posting": "against", "reason": "description"},
        entry="reverse",
        reversal=reference,
        posting=row.words("against"),
        account=row.text("account"),
        amount=_positive(row, row.number_if_any("amount")),
        reason=row.words("description"),
        reversed_on=row.day("date"),
    )


def _close(row: Row) -> Entry | None:
    row.nothing("amount", "what is still open is let go")
    return row.built(
        CloseEntry,
        {"commitment": "against", "closed_on": "date", "reason": "description"},
        entry="close",
        commitment=row.words("against"),
        account=row.text("account"),
        reason=row.text("description"),
        closed_on=row.day("date"),
    )


def _estimate(row: Row, reference: str | None) -> Entry | None:
    basis, value = row.one_of("against", EstimateBasis), row.number_in("amount")
    if value is not None and value < 0 and basis not in (EstimateBasis.VARIANCE, None):
        row.refuse("amount", f"{value} is below zero", "only a variance may be, when over budget")
    return row.built(
        EstimateEntry,
        {"estimate": "reference", "value": "amount", "reason": "description"},
        entry="estimate",
        estimate=reference,
        account=row.words("account"),
        basis=basis,
        value=value,
        reason=row.words("description"),
        estimated_on=row.day("date"),
    )


def _positive(row: Row, amount: Decimal | None) -> Decimal | None:
    if amount is not None and amount <= 0:
        row.refuse("amount", f"{amount} is not above zero", "to take a post back, reverse it")
    return amount
