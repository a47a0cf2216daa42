"""A file that is wrong anywhere records nothing, and says of each problem where it is and what to do."""

import csv
import io
from collections.abc import Callable

import pytest

from tests.http.film import BUDGET_CSV, COSTS_CSV, Film, code, good
from tests.http.instance import Instance

pytestmark = pytest.mark.integration

BUDGET = BUDGET_CSV.decode().splitlines()
COSTS = COSTS_CSV.decode().splitlines()

Edit = Callable[[list[str]], list[str]]


def cell(row: int, column: int, text: str) -> Edit:
    """Another text in one cell; row and column as a spreadsheet counts them."""

    def edit(lines: list[str]) -> list[str]:
        (cells,) = csv.reader([lines[row - 1]])
        cells[column - 1] = text
        file = io.StringIO()
        csv.writer(file, lineterminator="").writerow(cells)
        return [*lines[: row - 1], file.getvalue(), *lines[row:]]

    return edit


def line(row: int, text: str) -> Edit:
    return lambda lines: [*lines[: row - 1], text, *lines[row:]]


def row_of(lines: list[str], words: str) -> int:
    """The one row that holds these words."""
    (row,) = [number for number, one in enumerate(lines, 1) if words in one]
    return row


CLOSE, EFC, REVERSE = (row_of(COSTS, words) for words in ("CLS-5001", "EST-6004", "REV-4001"))

# Row 6 of the budget is line 1121-01, one flat of 3150; row 9 is the next one of account 1211.
Wrong = dict[str, tuple[Edit, tuple[int | None, str]]]

WRONG_BUDGETS: Wrong = {
    "no header": (lambda lines: lines[1:], (1, "level")),
    "a missing column": (line(1, BUDGET[0].replace(",rate", "")), (1, "rate")),
    "an unknown column": (line(1, BUDGET[0] + ",colour"), (1, "colour")),
    "a column twice": (line(1, BUDGET[0] + ",rate"), (1, "")),
    "semicolons": (lambda lines: [one.replace(",", ";") for one in lines], (1, "")),
    "no rows": (lambda lines: lines[:1], (0, "")),
    "a cell too many": (line(6, BUDGET[5] + ",1"), (6, "")),
    "an open quote": (lambda lines: [*lines[:5], 'atl,"1100,x', *lines[6:]], (None, "")),
    "an unknown level": (cell(6, 1, "above"), (6, "level")),
    "an empty category": (cell(6, 2, ""), (6, "category")),
    "a second name of a category": (cell(6, 3, "Rights"), (6, "category_name")),
    "an account number with a space": (cell(6, 4, "11 21"), (6, "account")),
    "an account in two categories": (cell(6, 4, "1211"), (9, "account")),
    "a line twice": (cell(6, 5, "1111-01"), (6, "line")),
    "no description": (cell(6, 6, ""), (6, "description")),
    "an amount in words": (cell(6, 7, "one"), (6, "amount")),
    "a formula": (cell(6, 7, "=1+1"), (6, "amount")),
    "an unknown unit": (cell(6, 8, "fortnight"), (6, "unit")),
    "a rate with a currency": (cell(6, 10, "$3150"), (6, "rate")),
    "a rate of seven decimals": (cell(6, 10, "3150.0000001"), (6, "rate")),
    "a wrong subtotal": (cell(6, 11, "3150.01"), (6, "subtotal")),
}

# Row 2 of the costs is INV-2001, 35000.00 on 1101; row 4 is INV-2003.
WRONG_COSTS: Wrong = {
    "a missing column": (line(1, COSTS[0].replace(",against", "")), (1, "against")),
    "an American date": (cell(2, 1, "09/07/2026"), (2, "date")),
    "a day that is none": (cell(2, 1, "2026-09-31"), (2, "date")),
    "an unknown entry": (cell(2, 2, "pay"), (2, "entry")),
    "a posting twice": (cell(4, 3, "INV-2001"), (4, "reference")),
    "no account": (cell(2, 4, ""), (2, "account")),
    "a negative amount": (cell(2, 5, "-35000.00"), (2, "amount")),
    "thousands with a comma": (cell(2, 5, "35,000.00"), (2, "amount")),
    "no description": (cell(4, 7, ""), (4, "description")),
    "a close with an amount": (cell(CLOSE, 5, "5"), (CLOSE, "amount")),
    "an estimate on no basis": (cell(EFC, 6, "eac"), (EFC, "against")),
    "a reversal of nothing": (cell(REVERSE, 6, ""), (REVERSE, "against")),
}


@pytest.fixture(scope="module")
def film(instance: Instance) -> Film:
    return instance.film()


@pytest.mark.parametrize("kind", WRONG_BUDGETS)
def test_a_wrong_budget_records_nothing_and_tells_where_and_what_to_do(
    film: Film, kind: str
) -> None:
    edit, (row, column) = WRONG_BUDGETS[kind]
    check(film, "budget", "\n".join(edit(BUDGET)), row, column)


@pytest.mark.parametrize("kind", WRONG_COSTS)
def test_wrong_costs_record_nothing_and_tell_where_and_what_to_do(film: Film, kind: str) -> None:
    edit, (row, column) = WRONG_COSTS[kind]
    check(film, "costs", "\n".join(edit(COSTS)), row, column)


def check(film: Film, what: str, text: str, row: int | None, column: str) -> None:
    before = film.trail("budget")
    answer = film.upload("line-producer", what, text)
    assert (answer.status_code, code(answer)) == (422, "bad-file"), answer.text
    body = answer.json()
    assert "nothing of it was recorded" in body["detail"]
    for problem in body["problems"]:
        assert set(problem) == {"row", "column", "problem", "cure"}
        assert problem["problem"] and problem["cure"]
    places = [(one["row"], one["column"]) for one in body["problems"]]
    assert (row, column) in places or row is None, body["problems"]
    assert len(places) == 1 or (row, column) == (1, "level"), body["problems"]
    assert film.trail("budget") == before


def test_every_problem_of_a_file_is_told_at_once(film: Film) -> None:
    text = "\n".join(cell(6, 7, "one")(cell(6, 1, "above")(cell(8, 8, "moon")(BUDGET))))
    problems = film.upload("line-producer", "budget", text).json()["problems"]
    places = [(one["row"], one["column"]) for one in problems]
    assert places == [(6, "level"), (6, "amount"), (8, "unit")]


def test_costs_that_contradict_the_ledger_are_told_entry_by_entry_and_none_is_recorded(
    film: Film,
) -> None:
    header = "date,entry,reference,account,amount,against,description\n"
    good(
        film.upload(
            "production-accountant",
            "costs",
            header
            + "2026-09-07,commit,PO-1,1401,100.00,,Deal\n2026-09-08,post,INV-1,1401,60.00,PO-1,Half\n",
        )
    )
    before = film.trail("budget")
    answer = film.upload(
        "production-accountant",
        "costs",
        header
        + "2026-09-09,post,INV-2,1401,10.00,PO-1,Fits\n"
        + "2026-09-09,post,INV-3,1401,40.00,PO-1,Over what is open\n"
        + "2026-09-09,post,INV-4,1402,1.00,PO-1,Another account\n"
        + "2026-09-09,reverse,REV-1,1401,60.00,INV-9,Never posted\n"
        + "2026-09-09,close,CLS-1,1401,,PO-9,Never raised\n"
        + "2026-09-09,commit,PO-1,1401,7.00,,Taken\n"
        + "2026-09-09,post,INV-5,1401,0.001,,A tenth of a cent\n",
    )
    assert (answer.status_code, code(answer)) == (409, "entries-do-not-fit")
    found = [(one["index"], one["reference"], one["problem"]) for one in answer.json()["problems"]]
    assert found == [
        (1, "INV-3", "invoice-exceeds-commitment"),
        (2, "INV-4", "commitment-is-on-another-account"),
        (3, "REV-1", "posting-is-unknown"),
        (4, "PO-9", "commitment-is-unknown"),
        (5, "PO-1", "commitment-exists"),
        (6, "INV-5", "amount-is-not-exact"),
    ]
    assert all(one["cure"] for one in answer.json()["problems"])
    assert film.trail("budget") == before


def test_a_budget_that_contradicts_the_plan_is_told_line_by_line_and_none_is_recorded(
    film: Film,
) -> None:
    good(film.upload("line-producer", "budget", BUDGET_CSV))
    before = film.trail("budget")
    other = cell(6, 3, "Rights and titles")(BUDGET)[:1] + [cell(6, 3, "Rights")(BUDGET)[5]]
    dearer = cell(6, 10, "3200")(cell(6, 11, "3200.00")(BUDGET))[5]
    for rows, expected in (
        (other, [("1100", "category-exists")]),
        ([BUDGET[0], dearer], [("1121-01", "line-exists")]),
    ):
        answer = film.upload("line-producer", "budget", "\n".join(rows))
        assert (answer.status_code, code(answer)) == (409, "file-does-not-fit")
        problems = answer.json()["problems"]
        found = [(one.get("category") or one.get("line"), one["problem"]) for one in problems]
        assert found == expected
    assert film.trail("budget") == before
