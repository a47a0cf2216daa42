"""Files as production offices hold them: good ones, and everything that is wrong with bad ones."""

from datetime import date
from decimal import Decimal

import pytest

from events.budget import EstimateBasis, Level, Unit
from runtime.importing import BadFile, Importer
from services.budget.commands import (
    CloseEntry,
    CommitEntry,
    EstimateEntry,
    PostEntry,
    ReverseEntry,
)
from services.budget.files import read_budget, read_costs
from services.budget.files.cells import PROBLEMS_MAX
from tests.services.lighthouse import SAMPLES

pytestmark = pytest.mark.unit

BUDGET_HEADER = (
    "level,category,category_name,account,line,description,amount,unit,x,rate,subtotal\n"
)
COSTS_HEADER = "date,entry,reference,account,amount,against,description\n"
KEEPER = "atl,1400,Cast,1401,1401-02,The keeper,4,week,,21500,86000.00\n"
STEEL = '2026-09-08,commit,PO-1013,2302,48750.00,,"Steel, floor and glazing"\n'


def problems(read: Importer, text: str) -> list[tuple[int, str, str]]:
    """What is wrong: row, column and cure."""
    with pytest.raises(BadFile) as bad:
        read(text)
    return [(one.row, one.column, one.cure) for one in bad.value.problems]


def budget_problems(*rows: str) -> list[tuple[int, str, str]]:
    return problems(read_budget, BUDGET_HEADER + "".join(rows))


def costs_problems(*rows: str) -> list[tuple[int, str, str]]:
    return problems(read_costs, COSTS_HEADER + "".join(rows))


def test_a_budget_is_read_line_by_line_with_its_chart_of_accounts():
    file = read_budget(BUDGET_HEADER + KEEPER)
    [category], [one] = file.categories, file.lines
    assert (category.category, category.name, category.level) == (
        "1400",
        "Cast",
        Level.ABOVE_THE_LINE,
    )
    assert (one.line, one.account, one.unit) == ("1401-02", "1401", Unit.WEEK)
    assert (one.amount, one.x, one.rate) == (Decimal(4), Decimal(1), Decimal(21500))


def test_the_sample_files_are_read_whole():
    budget_rows = (SAMPLES / "budget.csv").read_text().count("\n") - 1
    assert len(read_budget((SAMPLES / "budget.csv").read_text()).lines) == budget_rows
    costs_rows = (SAMPLES / "costs.csv").read_text().count("\n") - 1
    assert len(read_costs((SAMPLES / "costs.csv").read_text()).entries) == costs_rows


def test_a_byte_order_mark_and_windows_line_ends_and_blank_rows_are_no_problem():
    text = "\ufeff" + (BUDGET_HEADER + KEEPER + ",,,,,,,,,,\n").replace("\n", "\r\n")
    assert read_budget(text) == read_budget(BUDGET_HEADER + KEEPER)


def test_columns_may_stand_in_another_order():
    assert read_costs(
        "entry,date,reference,against,account,amount,description\n"
        "post,2026-09-12,INV-1,PO-1013,2302,24375.00,Half\n"
    ) == read_costs(COSTS_HEADER + "2026-09-12,post,INV-1,2302,24375.00,PO-1013,Half\n")


def test_names_keep_their_accents():
    text = BUDGET_HEADER + KEEPER.replace("The keeper", "Zoë Tremblant")
    assert (
        read_budget(text.encode("latin-1").decode("latin-1"))
        .lines[0]
        .description.endswith("Zoë Tremblant")
    )


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_named(separator):
    text = (BUDGET_HEADER + KEEPER).replace(",", separator)
    assert problems(read_budget, text) == [(1, "", "save it with commas instead")]


@pytest.mark.parametrize("read", [read_budget, read_costs])
@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n"])
def test_an_empty_file_lacks_every_column(read, text):
    assert problems(read, text)


def test_a_file_without_rows_is_refused():
    assert budget_problems() == [(0, "", "export it again with the rows below its header")]


def test_a_missing_column_is_named():
    text = (BUDGET_HEADER + KEEPER).replace(",unit", "").replace(",week", "")
    assert problems(read_budget, text) == [(1, "unit", "add it")]


def test_every_wrong_cell_of_the_whole_file_is_told_at_once():
    assert budget_problems(
        KEEPER,
        'sides,1400,Cast,1401,1401-03,Father Hallam,"1,250.00",fortnight,x,"8.650,50",\n',
        "atl,,Cast,14 01,,Wren Marr,4,week,,,\n",
    ) == [
        (3, "level", "one of atl, production, post, other"),
        (3, "x", "write it with digits, as 1250.00"),
        (3, "amount", "write 1250.00"),
        (3, "unit", "one of allow, flat, hour, day, week, month, mile, each, foot, page"),
        (3, "rate", "write 8650.50"),
        (4, "category", "write 1 to 32 letters, digits, dots or dashes"),
        (4, "line", "write 1 to 64 characters"),
        (4, "rate", "at most 12 digits before the point and 6 behind it"),
    ]


def test_a_cell_that_is_only_oddly_written_is_told_too():
    assert budget_problems(KEEPER.replace(",1401,", ",14 01,")) == [
        (2, "account", "write 1 to 32 letters, digits, dots or dashes")
    ]
    assert budget_problems(KEEPER.replace(",21500,86000.00", ",0.1234567,")) == [
        (2, "rate", "at most 12 digits before the point and 6 behind it")
    ]
    assert budget_problems(KEEPER.replace("The keeper", "k" * 2001)) == [
        (2, "description", "write 1 to 2,000 characters")
    ]


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("1,250.00", "write 1250.00"),
        ("1.250,00", "write 1250.00"),
        ("1 250,00", "write 1250.00"),
        ("12,5", "write 12.5"),
        ("1,234,567", "write 1234567"),
        ("1,250", "write 1250, or 1.250 if that was meant"),
        ("$1250.00", "write 1250.00"),
        ("USD 1250", "write 1250"),
        ("(1250.00)", "write -1250.00"),
        ("=1+1", "save its value instead"),
        ("1e5", "write it with digits, as 1250.00"),
        ("NaN", "write it with digits, as 1250.00"),
        ("١٢٣", "write it with digits, as 1250.00"),
    ],
)
def test_a_number_written_in_another_way_is_answered_with_the_plain_one(written, cure):
    assert budget_problems(KEEPER.replace("21500,86000.00", f'"{written}",')) == [(2, "rate", cure)]


def test_a_formula_is_refused_in_a_text_as_well():
    assert budget_problems(KEEPER.replace("The keeper", '"=HYPERLINK(""http://x"")"')) == [
        (2, "description", "save its value instead")
    ]


def test_a_line_that_stands_twice_is_told_with_both_rows():
    with pytest.raises(BadFile) as bad:
        read_budget(BUDGET_HEADER + KEEPER + KEEPER)
    [problem] = bad.value.problems
    assert (problem.row, problem.column) == (3, "line")
    assert problem.problem == "1401-02 stands in row 2 too"


def test_a_category_has_one_name_and_one_level():
    other = KEEPER.replace("1401-02", "1401-03")
    assert budget_problems(KEEPER, other.replace("Cast", "Actors")) == [
        (3, "category_name", "write 'Cast' here too, or give this category another number")
    ]
    assert budget_problems(KEEPER, other.replace("atl", "post")) == [
        (3, "level", "write 'atl' here too, or give this category another number")
    ]


def test_an_account_is_in_one_category():
    elsewhere = "atl,1500,Travel,1401,1501-01,Flights,1,flat,,900,\n"
    assert budget_problems(KEEPER, elsewhere) == [
        (3, "account", "use that category, or another account: an account belongs to one category")
    ]


def row_with(rate: str, subtotal: str, line: str = "1401-01") -> str:
    return f"atl,1400,Cast,1401,{line},Pages,4257,page,,{rate},{subtotal}\n"


@pytest.mark.parametrize("subtotal", ["361.85", "361.8500", "361.845", "361.8450", "362", ""])
def test_a_subtotal_is_compared_at_the_decimals_that_it_shows(subtotal):
    read_budget(BUDGET_HEADER + row_with("0.085", subtotal))


def test_a_wrong_subtotal_is_told_with_the_right_one():
    assert budget_problems(row_with("0.085", "361.84")) == [
        (2, "subtotal", "write 361.85, or leave the cell empty")
    ]


def test_a_file_in_yen_shows_no_decimals_and_is_checked_without():
    read_budget(BUDGET_HEADER + row_with("0.085", "362"))
    assert budget_problems(row_with("0.085", "361")) == [
        (2, "subtotal", "write 362, or leave the cell empty")
    ]


def test_one_subtotal_in_cents_says_that_all_are():
    whole = row_with("0.085", "362")
    cents = row_with("0.1", "425.70", line="1401-02")
    assert budget_problems(whole, cents) == [
        (2, "subtotal", "write 361.85, or leave the cell empty")
    ]


@pytest.mark.parametrize("read", [read_budget, read_costs])
def test_eleven_thousand_rows_are_too_many(read):
    header, row = (BUDGET_HEADER, KEEPER) if read is read_budget else (COSTS_HEADER, STEEL)
    name = "1401-02" if read is read_budget else "PO-1013"
    rows = "".join(row.replace(name, f"N{number}") for number in range(11_000))
    assert problems(read, header + rows) == [(10_002, "", "split it")]


def test_very_many_problems_are_cut_off_with_their_number():
    with pytest.raises(BadFile) as bad:
        read_budget(BUDGET_HEADER + KEEPER * (PROBLEMS_MAX + 31))
    assert len(bad.value.problems) == PROBLEMS_MAX + 1
    assert bad.value.problems[-1].problem == "30 more problems"


def test_a_sheet_that_breaks_off_still_tells_what_came_before():
    assert budget_problems(KEEPER, KEEPER, "atl,1400\n") == [
        (3, "line", "give each its own id"),
        (4, "", "quote cells that hold a comma"),
    ]


def test_each_kind_of_cost_is_read_as_its_entry():
    file = read_costs(
        COSTS_HEADER
        + STEEL
        + "2026-09-12,post,INV-2014,2302,24375.00,PO-1013,Half on steel raised\n"
        + "2026-09-12,post,PAY-3007,3301,7500.00,,First prep week\n"
        + "2026-09-21,reverse,REV-4001,2302,24375.00,INV-2014,Billed twice\n"
        + "2026-10-02,close,CLS-5002,2302,,PO-1013,Handed over\n"
        + "2026-10-04,estimate,EST-6007,3521,-18500.00,variance,Haul-out and tow\n"
    )
    commit, post, prep, reverse, close, estimate = file.entries
    assert isinstance(commit, CommitEntry)
    assert (commit.commitment, commit.raised_on) == ("PO-1013", date(2026, 9, 8))
    assert isinstance(post, PostEntry)
    assert (post.posting, post.commitment, post.amount) == ("INV-2014", "PO-1013", Decimal(24375))
    assert isinstance(prep, PostEntry)
    assert prep.commitment is None
    assert isinstance(reverse, ReverseEntry)
    assert (reverse.reversal, reverse.posting) == ("REV-4001", "INV-2014")
    assert (reverse.account, reverse.amount) == ("2302", Decimal(24375))
    assert isinstance(close, CloseEntry)
    assert (close.commitment, close.reason) == ("PO-1013", "Handed over")
    assert isinstance(estimate, EstimateEntry)
    assert (estimate.basis, estimate.value) == (EstimateBasis.VARIANCE, Decimal(-18500))


def test_wrong_costs_are_all_told_at_once():
    assert costs_problems(
        "9/8/2026,pay,PO-1,2302,10.00,,x\n",
        "2026-02-30,commit,PO-2,2302,0,PO-1,x\n",
        "2026-09-08,post,,2302,-5.00,,\n",
        "2026-09-08,close,CLS-1,2302,1.00,,x\n",
        "2026-09-08,estimate,EST-1,2302,-1.00,etc,x\n",
        "2026-09-08,estimate,EST-2,2302,1.00,eac,x\n",
        "2026-09-08,reverse,REV-1,2302,0.00,,x\n",
    ) == [
        (2, "entry", "one of commit, post, reverse, close, estimate"),
        (2, "date", "write it as YYYY-MM-DD, 2026-09-14"),
        (3, "against", "empty it: a commitment stands against nothing"),
        (3, "amount", "to take a post back, reverse it"),
        (3, "date", "write it as YYYY-MM-DD, 2026-09-14"),
        (4, "reference", "write 1 to 64 characters"),
        (4, "amount", "to take a post back, reverse it"),
        (4, "description", "write 1 to 2,000 characters"),
        (5, "amount", "empty it: what is still open is let go"),
        (5, "against", "write 1 to 64 characters"),
        (6, "amount", "only a variance may be, when over budget"),
        (7, "against", "one of etc, efc, variance"),
        (8, "against", "write 1 to 64 characters"),
        (8, "amount", "to take a post back, reverse it"),
    ]


@pytest.mark.parametrize("day", ["20260908", "2026-W37-2", "2026-9-8", "8 Sep 2026", "46273"])
def test_a_day_is_written_in_one_way(day):
    assert costs_problems(STEEL.replace("2026-09-08", day)) == [
        (2, "date", "write it as YYYY-MM-DD, 2026-09-14")
    ]


def test_a_reference_stands_once_for_each_kind_of_entry():
    post = "2026-09-12,post,PO-1013,2302,24375.00,PO-1013,Half\n"
    assert len(read_costs(COSTS_HEADER + STEEL + post).entries) == 2
    assert costs_problems(STEEL, STEEL) == [(3, "reference", "give each its own id")]


def test_amounts_have_at_most_four_decimals():
    assert costs_problems(STEEL.replace("48750.00", "1.00001")) == [
        (2, "amount", "at most 14 digits before the point and 4 behind it")
    ]
