"""The plan while it is drafted: categories, lines, prices and files."""

from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from events.budget import (
    BudgetDrafted,
    CategoriesAdded,
    Level,
    Line,
    LineAdded,
    LineRemoved,
    LineRevised,
    LinesImported,
    PricedLine,
    Unit,
)
from runtime.paging import BYTES_MAX, pages
from runtime.refusals import PROBLEMS_MAX
from runtime.versions import Draft
from services.budget.commands import (
    AddCategories,
    AddLine,
    BudgetCommand,
    DraftBudget,
    ImportBudget,
    LockBudget,
    RemoveLine,
    ReopenBudget,
    ReturnBudget,
    ReviseLine,
    SubmitBudget,
)
from services.budget.files import read_budget
from services.budget.model.content import SUM_MAX, Content
from services.budget.model.plan import BUDGET
from services.budget.model.rejections import (
    AccountIsInAnotherCategory,
    BudgetIsDrafted,
    BudgetIsNotDrafted,
    CategoryExists,
    CategoryIsUnknown,
    CurrencyIsAnother,
    CurrencyIsUnknown,
    FileDoesNotFit,
    LineExists,
    LineIsUnknown,
    SumIsTooLarge,
)
from services.budget.policies import Known
from tests.services.given import asked, each_recorded_once, for_patience, given
from tests.services.lighthouse import (
    BUDGET_REQUEST,
    CAMERA,
    CAST,
    CONSTRUCTION,
    KEEPER,
    LANTERN_ROOM,
    SAMPLES,
    SCRIPT_PAGES,
    line,
)

pytestmark = pytest.mark.unit

DOLLARS = Known(currency="USD", title="The Last Lighthouse")
DRAFTED = BudgetDrafted(currency="USD", categories=(CAST, CONSTRUCTION))
KEEPER_IS_OUT = RemoveLine(line="1401-02", reason="The keeper is written out")


def priced(of: Line, subtotal: str) -> PricedLine:
    return PricedLine(**of.model_dump(), subtotal=Decimal(subtotal))


KEEPER_ADDED = LineAdded(line=priced(KEEPER, "86000.00"))
WITH_KEEPER = (DRAFTED, KEEPER_ADDED)


def test_a_budget_is_drafted_in_the_currency_of_the_production():
    given(BUDGET).when(DraftBudget(categories=(CAST, CONSTRUCTION)), known=DOLLARS).then(DRAFTED)
    given(BUDGET).when(DraftBudget(currency="USD"), known=DOLLARS).then(
        BudgetDrafted(currency="USD", categories=())
    )
    given(BUDGET).when(DraftBudget(currency="CAD"), known=DOLLARS).refused(
        CurrencyIsAnother, "counts in USD"
    )
    given(BUDGET).when(DraftBudget(), known=Known()).refused(CurrencyIsUnknown, "try again")


def test_drafting_again_in_the_same_words_records_nothing_and_in_others_is_refused():
    draft = DraftBudget(currency="USD", categories=(CAST,))
    given(BUDGET, DRAFTED).when(draft).nothing()
    given(BUDGET, DRAFTED).when(DraftBudget(currency="EUR")).refused(BudgetIsDrafted, "USD")
    given(BUDGET, DRAFTED).when(DraftBudget(categories=(CAMERA,))).refused(BudgetIsDrafted)


def test_nothing_is_edited_before_there_is_a_draft():
    for edit in (AddLine(line=KEEPER), AddCategories(categories=(CAST,)), KEEPER_IS_OUT):
        given(BUDGET).when(edit).refused(BudgetIsNotDrafted, "draft or import")


def test_categories_are_added_once():
    given(BUDGET, DRAFTED).when(AddCategories(categories=(CAST, CAMERA, CAMERA))).then(
        CategoriesAdded(categories=(CAMERA,))
    )
    given(BUDGET, DRAFTED).when(AddCategories(categories=(CAST,))).nothing()


def test_a_line_may_stand_under_a_heading_that_was_added_later():
    camera = line("3301-01", "3300", "3301", "45000")
    history = (DRAFTED, CategoriesAdded(categories=(CAMERA,)))
    given(BUDGET, *history).when(AddCategories(categories=(CAMERA, CAST))).nothing()
    given(BUDGET, *history).when(AddLine(line=camera)).then(
        LineAdded(line=priced(camera, "45000.00"))
    )


def test_a_category_keeps_its_name_and_level():
    renamed = CAST.model_copy(update={"name": "Actors"})
    raised = CAST.model_copy(update={"level": Level.OTHER})
    for other in (renamed, raised):
        given(BUDGET, DRAFTED).when(AddCategories(categories=(other,))).refused(
            CategoryExists, "1400", "'Cast'"
        )


def test_a_line_is_added_with_its_subtotal():
    given(BUDGET, DRAFTED).when(AddLine(line=KEEPER)).then(KEEPER_ADDED)


def test_an_unset_repeat_counts_once():
    once = Line.model_validate({**KEEPER.model_dump(exclude={"x"})})
    assert once == KEEPER


def test_a_subtotal_is_rounded_half_up_to_the_currency():
    cents = line("1", "1400", "1401", "0.005")
    half = cents.model_copy(update={"amount": Decimal("-1")})
    for unrounded, currency, subtotal in [
        (SCRIPT_PAGES, "USD", "361.85"),
        (SCRIPT_PAGES, "JPY", "362"),
        (SCRIPT_PAGES, "KWD", "361.845"),
        (cents, "USD", "0.01"),
        (half, "USD", "-0.01"),
    ]:
        drafted = BudgetDrafted(currency=currency, categories=(CAST,))
        given(BUDGET, drafted).when(AddLine(line=unrounded)).then(
            LineAdded(line=priced(unrounded, subtotal))
        )


def test_a_product_is_rounded_once_however_many_digits_it_has():
    # A hair below half a cent; arithmetic with 28 digits would first make it the half.
    hair = line("1", "1400", "1401", "5775751852.751499", amount="10.000019", x="10.000079")
    given(BUDGET, DRAFTED).when(AddLine(line=hair)).then(
        LineAdded(line=priced(hair, "577580845520.63"))
    )


def test_adding_the_same_line_again_records_nothing_and_another_under_its_id_is_refused():
    given(BUDGET, *WITH_KEEPER).when(AddLine(line=KEEPER)).nothing()
    five_weeks = KEEPER.model_copy(update={"amount": Decimal(5)})
    given(BUDGET, *WITH_KEEPER).when(AddLine(line=five_weeks)).refused(
        LineExists, "1401-02", "86000.00", "revise that line"
    )


def test_a_line_needs_a_category_of_the_chart():
    camera = line("3301-01", "3300", "3301", "45000")
    given(BUDGET, DRAFTED).when(AddLine(line=camera)).refused(
        CategoryIsUnknown, "3300", "add the category first"
    )


def test_an_account_belongs_to_one_category_until_its_last_line_is_gone():
    moved = line("1401-03", "2300", "1401", "8650")
    given(BUDGET, *WITH_KEEPER).when(AddLine(line=moved)).refused(
        AccountIsInAnotherCategory, "1401", "2300", "1400"
    )
    removed = LineRemoved(line=KEEPER_ADDED.line, reason=KEEPER_IS_OUT.reason)
    given(BUDGET, *WITH_KEEPER, removed).when(AddLine(line=moved)).then(
        LineAdded(line=priced(moved, "8650.00"))
    )


def test_every_line_of_an_account_keeps_it_in_its_category():
    lines = [line(f"1401-{n}", "1400", "1401", "100") for n in range(3)]
    added = [LineAdded(line=priced(one, "100.00")) for one in lines]
    removed = [LineRemoved(line=one.line, reason="Written out") for one in added]
    elsewhere = AddLine(line=line("1401-09", "2300", "1401", "100"))
    for gone in range(3):
        history = (DRAFTED, *added, *removed[:gone])
        given(BUDGET, *history).when(elsewhere).refused(AccountIsInAnotherCategory)
    given(BUDGET, DRAFTED, *added, *removed).when(elsewhere).then(
        LineAdded(line=priced(elsewhere.line, "100.00"))
    )


def test_a_line_and_a_budget_may_come_to_the_largest_amount_and_not_to_more():
    largest = line("1", "1400", "1401", "10000001", amount="9999999")
    content = Content("USD")
    whole = content.priced(largest)
    assert whole.subtotal == SUM_MAX
    assert content.with_lines([whole]).total() == SUM_MAX
    with pytest.raises(SumIsTooLarge):
        content.with_lines([whole, priced(KEEPER, "0.01")]).total()
    with pytest.raises(SumIsTooLarge):
        content.priced(largest.model_copy(update={"rate": Decimal("10000001.000001")}))


def test_the_only_line_of_an_account_may_take_it_to_another_category():
    elsewhere = KEEPER.model_copy(update={"category": "2300"})
    before, after = KEEPER_ADDED.line, priced(elsewhere, "86000.00")
    given(BUDGET, *WITH_KEEPER).when(ReviseLine(line=elsewhere)).then(
        LineRevised(before=before, after=after)
    )
    second = LineAdded(line=priced(line("1401-03", "1400", "1401", "1"), "1.00"))
    given(BUDGET, *WITH_KEEPER, second).when(ReviseLine(line=elsewhere)).refused(
        AccountIsInAnotherCategory
    )


def test_a_line_is_revised_and_both_stand_in_the_fact():
    five_weeks = KEEPER.model_copy(update={"amount": Decimal(5)})
    revised = LineRevised(before=KEEPER_ADDED.line, after=priced(five_weeks, "107500.00"))
    given(BUDGET, *WITH_KEEPER).when(ReviseLine(line=five_weeks)).then(revised)
    given(BUDGET, *WITH_KEEPER, revised).when(ReviseLine(line=five_weeks)).nothing()
    given(BUDGET, DRAFTED).when(ReviseLine(line=KEEPER)).refused(LineIsUnknown, "add it")


def test_a_line_is_removed_once_and_one_that_never_was_is_refused():
    removed = LineRemoved(line=KEEPER_ADDED.line, reason=KEEPER_IS_OUT.reason)
    given(BUDGET, *WITH_KEEPER).when(KEEPER_IS_OUT).then(removed)
    given(BUDGET, *WITH_KEEPER, removed).when(KEEPER_IS_OUT).nothing()
    given(BUDGET, DRAFTED).when(KEEPER_IS_OUT).refused(LineIsUnknown, "1401-02")


def test_a_removed_line_may_come_back_and_go_again():
    removed = LineRemoved(line=KEEPER_ADDED.line, reason=KEEPER_IS_OUT.reason)
    again = (*WITH_KEEPER, removed, KEEPER_ADDED)
    given(BUDGET, *WITH_KEEPER, removed).when(AddLine(line=KEEPER)).then(KEEPER_ADDED)
    given(BUDGET, *again).when(KEEPER_IS_OUT).then(removed)


def test_three_factors_of_eighteen_digits_are_refused_in_a_sentence():
    vast = line("1", "1400", "1401", "999999999999", amount="999999999999", x="999999999999")
    given(BUDGET, DRAFTED).when(AddLine(line=vast)).refused(SumIsTooLarge, "check its amount")


FILE = ImportBudget(categories=(CAST, CONSTRUCTION), lines=(KEEPER, LANTERN_ROOM))
IMPORTED = LinesImported(lines=(KEEPER_ADDED.line, priced(LANTERN_ROOM, "98500.00")))


def test_a_file_drafts_the_budget_and_adds_everything():
    given(BUDGET).when(FILE, known=DOLLARS).then(DRAFTED, IMPORTED)
    given(BUDGET, DRAFTED).when(FILE, known=DOLLARS).then(IMPORTED)


def test_the_same_file_again_records_nothing():
    given(BUDGET, DRAFTED, IMPORTED).when(FILE, known=DOLLARS).nothing()


def test_a_longer_file_adds_only_what_is_new():
    longer = ImportBudget(categories=(CAST, CAMERA), lines=(KEEPER, SCRIPT_PAGES))
    given(BUDGET, *WITH_KEEPER).when(longer, known=DOLLARS).then(
        CategoriesAdded(categories=(CAMERA,)),
        LinesImported(lines=(priced(SCRIPT_PAGES, "361.85"),)),
    )


def test_a_file_that_does_not_fit_lists_every_part_and_records_nothing():
    dearer = KEEPER.model_copy(update={"rate": Decimal(22000)})
    camera = line("3301-01", "3300", "3301", "45000")
    file = ImportBudget(
        categories=(CAST.model_copy(update={"name": "Actors"}), CONSTRUCTION),
        lines=(dearer, LANTERN_ROOM, camera),
    )
    refusal = (
        given(BUDGET, *WITH_KEEPER).when(file, known=DOLLARS).refused(FileDoesNotFit, "3 part")
    )
    assert [(one.get("category"), one.get("line"), one["problem"]) for one in refusal.problems] == [
        ("1400", None, "category-exists"),
        (None, "1401-02", "line-exists"),
        (None, "3301-01", "category-is-unknown"),
    ]
    assert all(one["cure"] for one in refusal.problems)


def test_every_heading_that_stands_for_another_is_told():
    renamed = tuple(one.model_copy(update={"name": "Other"}) for one in (CAST, CONSTRUCTION))
    file = ImportBudget(categories=renamed, lines=(KEEPER,))
    refusal = given(BUDGET, DRAFTED).when(file, known=DOLLARS).refused(FileDoesNotFit, "2 parts")
    assert [one["category"] for one in refusal.problems] == [CAST.category, CONSTRUCTION.category]


def test_headings_with_very_long_names_make_several_pages():
    headings = tuple(
        CAST.model_copy(update={"category": f"{2000 + n}", "name": "é" * 1_000}) for n in range(500)
    )
    file = ImportBudget(categories=(CAST, *headings[1:]), lines=(KEEPER,))
    first, *others, _ = given(BUDGET).when(file, known=DOLLARS).events
    assert isinstance(first, BudgetDrafted) and others
    assert (
        *first.categories,
        *(one for page in others for one in page.categories),
    ) == file.categories


def test_a_file_sees_its_own_lines():
    twice = ImportBudget(categories=(CAST,), lines=(KEEPER, KEEPER))
    [_, imported] = given(BUDGET).when(twice, known=DOLLARS).events
    assert imported == LinesImported(lines=(KEEPER_ADDED.line,))
    other = KEEPER.model_copy(update={"rate": Decimal(1)})
    given(BUDGET).when(
        ImportBudget(categories=(CAST,), lines=(KEEPER, other)), known=DOLLARS
    ).refused(FileDoesNotFit)


def test_very_many_problems_are_cut_off_with_their_number():
    lines = tuple(line(f"L{n}", "9999", "1401", "1") for n in range(PROBLEMS_MAX + 50))
    refusal = (
        given(BUDGET, DRAFTED)
        .when(ImportBudget(lines=lines), known=DOLLARS)
        .refused(FileDoesNotFit, "250 parts")
    )
    assert len(refusal.problems) == PROBLEMS_MAX + 1
    assert refusal.problems[-1]["problem"] == "50 more problems"


def test_ten_thousand_lines_come_in_pages_and_one_more_is_too_many():
    lines = tuple(line(f"L{n}", "1400", f"14{n % 90:02}", "1.5") for n in range(10_000))
    file = ImportBudget(categories=(CAST,), lines=lines)
    drafted, *imported = given(BUDGET).when(file, known=DOLLARS).events
    assert drafted == BudgetDrafted(currency="USD", categories=(CAST,))
    assert [len(page.lines) for page in imported if isinstance(page, LinesImported)] == [500] * 20
    with pytest.raises(ValidationError):
        ImportBudget(lines=(*lines, lines[0]))


def test_long_descriptions_make_smaller_pages():
    wordy = [line(f"L{n}", "1400", "1401", "1", description="灯" * 2000) for n in range(200)]
    parts = list(pages(wordy))
    assert [one for page in parts for one in page] == wordy
    assert len(parts) > 1
    for page in parts:
        assert sum(len(one.model_dump_json().encode()) for one in page) <= BYTES_MAX


def test_the_sample_budget_is_imported_and_comes_to_what_its_readme_says():
    file = read_budget((SAMPLES / "budget.csv").read_text())
    state = BUDGET.fold(given(BUDGET).when(file, known=DOLLARS).events)
    assert isinstance(state, Draft)
    assert len(state.content.lines) == len(file.lines) > 250
    assert round(state.content.total() / 1_000_000, 1) == Decimal("5.7")


AMOUNTS = st.decimals(min_value=-9, max_value=9, places=3)
LINES = st.builds(
    Line,
    line=st.sampled_from(["L1", "L2", "L3"]),
    category=st.sampled_from(["1400", "2300"]),
    account=st.sampled_from(["1401", "2302"]),
    description=st.just("as agreed"),
    amount=AMOUNTS,
    unit=st.just(Unit.DAY),
    x=st.just(Decimal(1)) | AMOUNTS,
    rate=AMOUNTS,
)
HEADINGS = st.sampled_from([CAST, CONSTRUCTION, CAST.model_copy(update={"name": "Actors"})])
CATEGORIES = st.lists(HEADINGS, max_size=2).map(tuple)
VERSIONS = st.integers(1, 4)
HASHES = st.sampled_from(["aa" * 32, Content("USD").content_hash()])
COMMANDS: st.SearchStrategy[BudgetCommand] = st.one_of(
    st.builds(DraftBudget, currency=st.sampled_from([None, "USD", "JPY"]), categories=CATEGORIES),
    st.builds(AddCategories, categories=st.lists(HEADINGS, min_size=1, max_size=2).map(tuple)),
    st.builds(AddLine, line=LINES),
    st.builds(ReviseLine, line=LINES),
    st.builds(RemoveLine, line=st.sampled_from(["L1", "L2", "L3"]), reason=st.just("Cut")),
    st.builds(
        ImportBudget,
        categories=CATEGORIES,
        lines=st.lists(LINES, min_size=1, max_size=3).map(tuple),
    ),
    st.just(SubmitBudget()),
    st.builds(LockBudget, version=VERSIONS, content_hash=HASHES, request=st.just(BUDGET_REQUEST)),
    st.builds(ReturnBudget, version=VERSIONS, reason=st.just("No"), by=st.just("henrietta")),
    st.just(ReopenBudget(reason="The rail is condemned")),
)
HISTORIES = st.lists(COMMANDS, max_size=30).map(
    lambda commands: [(command, asked(known=DOLLARS)) for command in commands]
)


@for_patience
@for_all(HISTORIES)
def test_every_command_given_twice_records_nothing_the_second_time(steps):
    each_recorded_once(BUDGET, steps)


@for_patience
@for_all(HISTORIES)
def test_the_total_is_the_sum_of_the_rounded_subtotals(steps):
    _, state = each_recorded_once(BUDGET, steps)
    if state == BUDGET.initial:
        return
    units = 100 if state.content.currency == "USD" else 1
    by_hand = Fraction(0)
    for one in state.content.lines.values():
        exact = Fraction(one.amount) * Fraction(one.x) * Fraction(one.rate) * units
        half_up = (abs(exact) + Fraction(1, 2)).__floor__()
        by_hand += Fraction(half_up if exact > 0 else -half_up, units)
    assert Fraction(state.content.total()) == by_hand


@for_patience
@for_all(HISTORIES)
def test_an_account_is_only_ever_in_one_category(steps):
    _, state = each_recorded_once(BUDGET, steps)
    if state == BUDGET.initial:
        return
    lines = list(state.content.lines.values())
    assert len({one.account for one in lines}) == len(
        {(one.account, one.category) for one in lines}
    )
    assert {account: home.lines for account, home in state.content.homes.items()} == {
        account: sum(one.account == account for one in lines)
        for account in {one.account for one in lines}
    }


CONTENTS = st.lists(LINES, max_size=3, unique_by=lambda one: one.line).map(
    lambda lines: (
        Content("USD")
        .with_categories([CAST, CONSTRUCTION])
        .with_lines(Content("USD").priced(one) for one in lines)
    )
)


@for_patience
@for_all(CONTENTS, CONTENTS)
def test_the_content_hash_differs_exactly_when_the_content_does(one, other):
    is_same = (one.currency, one.categories, one.lines) == (
        other.currency,
        other.categories,
        other.lines,
    )
    assert (one.content_hash() == other.content_hash()) == is_same


@for_patience
@for_all(st.lists(LINES, max_size=3, unique_by=lambda one: one.line), st.randoms())
def test_neither_order_nor_trailing_zeros_are_content(lines, chance):
    dollars = Content("USD")
    shuffled = [
        one.model_copy(update={"amount": one.amount.quantize(Decimal("0.000001"), ROUND_FLOOR)})
        for one in lines
    ]
    chance.shuffle(shuffled)
    one, other = (dollars.with_lines(map(dollars.priced, some)) for some in (lines, shuffled))
    assert one.content_hash() == other.content_hash()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", "another"),
        ("amount", Decimal(2)),
        ("unit", Unit.DAY),
        ("x", Decimal(2)),
        ("rate", Decimal("21500.000001")),
        ("account", "1402"),
        ("category", "2300"),
        ("line", "1401-2"),
    ],
)
def test_every_field_of_a_line_is_content(field, value):
    dollars = Content("USD")
    other = KEEPER.model_copy(update={field: value})
    hashes = {dollars.with_lines([dollars.priced(one)]).content_hash() for one in (KEEPER, other)}
    assert len(hashes) == 2


def test_currency_and_headings_are_content():
    contents = [
        Content("USD"),
        Content("CAD"),
        Content("USD").with_categories([CAST]),
        Content("USD").with_categories([CAST.model_copy(update={"level": Level.OTHER})]),
        Content("USD").with_categories([CAST.model_copy(update={"name": "Cast "})]),
    ]
    assert len({one.content_hash() for one in contents}) == len(contents)


def test_folding_on_leaves_the_state_before_it_as_it_was():
    before = BUDGET.fold([DRAFTED])
    assert isinstance(before, Draft)
    hash_before = before.content.content_hash()
    BUDGET.fold([KEEPER_ADDED], before)
    assert before.content.content_hash() == hash_before
    assert not before.content.lines
