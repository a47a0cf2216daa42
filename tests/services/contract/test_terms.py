"""Terms as they are written: whether they hold together, and what names exactly them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from events.contract import Condition, Kind, Option, Payment, Terms, TermsRedrafted, Window
from services.contract.commands import DraftContract, MakeOffer, RedraftTerms
from services.contract.model.deal import CONTRACT
from services.contract.model.rejections import (
    ContractExists,
    ContractIsUnknown,
    OfferIsAccepted,
    OfferStands,
    TermsAreInAnotherCurrency,
    TermsCurrencyIsUnknown,
    TermsDoNotFit,
)
from services.contract.model.terms import hash_of
from services.contract.policies import Known
from tests.services.contract.deals import (
    AGREED,
    AT,
    DOLLARS,
    DRAFTED,
    ENGAGEMENT,
    EXECUTED,
    LOOPING,
    OFFERED,
    PARTY,
    RESHOOT,
    SILAS,
    STILLS,
    TERMS,
    TITLE,
    TRAVEL,
    WITH_CREDIT,
    but,
    hash_for,
)
from tests.services.given import for_patience, given

pytestmark = pytest.mark.unit


def draft(terms: Terms = TERMS, **changes: object) -> DraftContract:
    fields = {"kind": Kind.CAST, "title": TITLE, "party": PARTY, "terms": terms, **changes}
    return DraftContract(contract=SILAS, **fields)


def redraft(terms: Terms = WITH_CREDIT) -> RedraftTerms:
    return RedraftTerms(contract=SILAS, terms=terms, reason="His agent asks for a card")


def test_a_deal_is_drafted_with_its_first_terms():
    given(CONTRACT).when(draft(), known=DOLLARS).then(DRAFTED)


@pytest.mark.parametrize("history", [(DRAFTED,), OFFERED, AGREED, EXECUTED])
def test_the_same_draft_again_records_nothing_in_any_phase(history):
    given(CONTRACT, *history).when(draft(), known=DOLLARS).nothing()
    in_other_digits = but(fee=Decimal("1746"))
    given(CONTRACT, *history).when(draft(in_other_digits), known=DOLLARS).nothing()


def test_an_id_stands_for_one_deal():
    given(CONTRACT, DRAFTED).when(draft(title="Wren Marr"), known=DOLLARS).refused(
        ContractExists, "redraft its terms"
    )


def test_terms_wait_until_the_currency_of_the_production_is_heard():
    for known in (None, Known()):
        given(CONTRACT).when(draft(), known=known).refused(TermsCurrencyIsUnknown, "again")


def test_terms_in_another_currency_are_refused_with_the_cure():
    given(CONTRACT).when(draft(), known=Known(currency="CAD")).refused(
        TermsAreInAnotherCurrency, "counts in CAD", "write the amounts in CAD"
    )


def test_a_fee_that_is_not_split_is_one_payment_upon_execution():
    terms = but(payments=(), fee=Decimal("900"))
    [drafted] = given(CONTRACT).when(draft(terms), known=DOLLARS).events
    [fee] = drafted.terms.payments
    assert (fee.payment, fee.amount, fee.upon) == ("fee", Decimal("900.00"), "execution")
    assert str(drafted.terms.fee) == str(fee.amount) == "900.00"


def test_a_deal_without_a_fee_needs_no_payments_and_no_account():
    terms = but(fee=Decimal(0), payments=(), account=None)
    [drafted] = given(CONTRACT).when(draft(terms), known=DOLLARS).events
    assert drafted.terms.payments == ()


WINDOW = Window(
    territory="United States",
    medium="theatrical",
    opens_on=date(2027, 10, 1),
    closes_on=date(2027, 11, 14),
)


def window(opens_on: date, closes_on: date | None = None, **changes: object) -> Window:
    return WINDOW.model_copy(update={"opens_on": opens_on, "closes_on": closes_on, **changes})


FLAWED = {
    "fee-does-not-add-up": but(fee=Decimal("1746.01")),
    "amount-is-fractional": but(
        fee=Decimal("1746.001"),
        payments=(LOOPING, TRAVEL.model_copy(update={"amount": Decimal("500.001")})),
    ),
    "id-stands-twice": but(options=(RESHOOT, RESHOOT)),
    "payment-has-no-account": but(account=None),
    "payment-is-never-due": but(payments=(LOOPING, TRAVEL.model_copy(update={"due_on": None}))),
    "engagement-ends-before-it-starts": but(
        engagement=ENGAGEMENT.model_copy(update={"ends_on": date(2026, 9, 13)})
    ),
    "window-closes-before-it-opens": but(windows=(window(date(2027, 10, 1), date(2027, 9, 30)),)),
    "windows-overlap": but(windows=(WINDOW, window(date(2027, 11, 14), territory="united states"))),
}


@pytest.mark.parametrize(("problem", "terms"), FLAWED.items(), ids=FLAWED)
def test_terms_that_do_not_hold_together_are_refused(problem, terms):
    refusal = given(CONTRACT).when(draft(terms), known=DOLLARS).refused(TermsDoNotFit)
    assert {one["problem"] for one in refusal.problems} == {problem}
    assert all(one["cure"] in str(refusal) for one in refusal.problems[:3])
    given(CONTRACT, DRAFTED).when(redraft(terms), known=DOLLARS).refused(TermsDoNotFit)


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        (but(payments=(LOOPING, LOOPING, TRAVEL), fee=Decimal("2992.00")), "payment looping"),
        (but(options=(RESHOOT, RESHOOT)), "option reshoot"),
        (but(deliverables=(STILLS, STILLS)), "deliverable stills"),
    ],
)
def test_what_stands_twice_is_named(terms, named):
    refusal = (
        given(CONTRACT)
        .when(draft(terms), known=DOLLARS)
        .refused(TermsDoNotFit, f"{named} stands 2 times")
    )
    assert [one["problem"] for one in refusal.problems] == ["id-stands-twice"]


def test_everything_that_is_wrong_is_told_at_once():
    payments = tuple(
        Payment(payment=f"p{n}", amount=Decimal("1.001"), upon="a word") for n in range(4)
    )
    terms = but(account=None, payments=payments)
    refusal = given(CONTRACT).when(draft(terms), known=DOLLARS).refused(TermsDoNotFit, "and 6 more")
    assert len(refusal.problems) == 9


def test_three_flaws_are_told_without_a_word_of_more():
    terms = but(account=None, options=(RESHOOT, RESHOOT))
    refusal = given(CONTRACT).when(draft(terms), known=DOLLARS).refused(TermsDoNotFit)
    assert (len(refusal.problems), "more" in str(refusal)) == (3, False)


def test_prices_of_options_are_recorded_with_the_decimals_of_their_currency():
    option = RESHOOT.model_copy(update={"price": Decimal("2492")})
    [drafted] = given(CONTRACT).when(draft(but(options=(option,))), known=DOLLARS).events
    assert [str(one.price) for one in drafted.terms.options] == ["2492.00"]


def test_an_engagement_and_a_window_may_be_of_one_day():
    one_day = ENGAGEMENT.model_copy(update={"ends_on": ENGAGEMENT.starts_on})
    terms = but(engagement=one_day, windows=(window(date(2027, 10, 1), date(2027, 10, 1)),))
    assert given(CONTRACT).when(draft(terms), known=DOLLARS).events


@pytest.mark.parametrize("turned", [1, -1])
def test_windows_that_share_one_day_overlap_on_it_in_whatever_order(turned):
    windows = (WINDOW, window(date(2027, 11, 14)))[::turned]
    given(CONTRACT).when(draft(but(windows=windows)), known=DOLLARS).refused(
        TermsDoNotFit, "are both open on 2027-11-14"
    )


def test_a_payment_may_have_an_account_of_its_own():
    payments = tuple(one.model_copy(update={"account": "5301"}) for one in TERMS.payments)
    terms = but(account=None, payments=payments)
    assert given(CONTRACT).when(draft(terms), known=DOLLARS).events


@pytest.mark.parametrize(
    "other",
    [
        window(date(2027, 11, 15)),
        window(date(2027, 11, 1), territory="Canada"),
        window(date(2027, 11, 1), medium="festival"),
        window(date(2027, 11, 1), exclusive=False),
    ],
)
def test_windows_beside_one_another_are_no_overlap(other):
    terms = but(windows=(WINDOW, other))
    assert given(CONTRACT).when(draft(terms), known=DOLLARS).events


def test_drafted_terms_are_written_anew_as_the_next_version():
    given(CONTRACT, DRAFTED).when(redraft(), known=DOLLARS).then(
        TermsRedrafted(
            contract=SILAS, version=2, terms=WITH_CREDIT, reason="His agent asks for a card"
        )
    )


@pytest.mark.parametrize("history", [(DRAFTED,), OFFERED, AGREED, EXECUTED])
def test_the_terms_that_stand_are_not_news_in_whatever_order_they_are_written(history):
    turned = but(payments=(TRAVEL, LOOPING), fee=Decimal("1746.0"))
    given(CONTRACT, *history).when(redraft(turned), known=DOLLARS, at=AT).nothing()


def test_terms_are_not_redrafted_while_an_answer_is_awaited():
    given(CONTRACT, *OFFERED).when(redraft(), known=DOLLARS, at=AT).refused(
        OfferStands, "version 1 of the production", "2026-09-04 22:00 UTC", "withdraw it"
    )


def test_agreed_terms_are_countered_rather_than_redrafted():
    given(CONTRACT, *AGREED).when(redraft(), known=DOLLARS).refused(OfferIsAccepted, "counter it")


def test_a_deal_that_nobody_drafted_is_unknown():
    given(CONTRACT).when(redraft(), known=DOLLARS).refused(ContractIsUnknown, "draft it first")


def test_a_moment_needs_a_zone_and_an_end_within_all_dates():
    for moment in ("2026-09-04T22:00:00", "9999-12-31T23:59:59-12:00"):
        with pytest.raises(ValidationError):
            MakeOffer(contract=SILAS, expires_at=moment)
    offer = MakeOffer(contract=SILAS, expires_at="2026-09-04T18:00:00-04:00")
    assert offer.model_dump_json().endswith('"2026-09-04T22:00:00Z"}')


AMOUNTS = st.decimals(min_value=1, max_value=9999, places=2)
PARTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), AMOUNTS), max_size=4, unique_by=lambda one: one[0]
)


@for_patience
@for_all(PARTS, PARTS, st.randoms(use_true_random=False), st.integers(0, 2))
def test_the_content_hash_differs_exactly_when_the_terms_do(parts, others, chance, zeros):
    def terms(of: list[tuple[str, Decimal]], more_digits: int = 0) -> Terms:
        amounts = [(name, Decimal(f"{amount}{'0' * more_digits}")) for name, amount in of]
        return but(
            payments=tuple(Payment(payment=n, amount=a, upon="a word") for n, a in amounts),
            options=tuple(
                Option(option=n, right="a right", exercise_by=date(2027, 1, 1), price=a)
                for n, a in amounts
            ),
            conditions=(Condition.BUDGET_LOCKED, Condition.SCHEDULE_LOCKED),
        )

    shuffled = list(parts)
    chance.shuffle(shuffled)
    one, again = hash_for(terms(parts)), hash_for(terms(shuffled, zeros))
    assert one == again
    assert (one == hash_for(terms(others))) == (dict(parts) == dict(others))


def test_windows_have_the_same_hash_in_whatever_order():
    later, elsewhere, at_festivals = (
        window(date(2027, 12, 1)),
        window(WINDOW.opens_on, territory="Canada"),
        window(WINDOW.opens_on, medium="festival"),
    )
    for other in (later, elsewhere, at_festivals):
        one, turned = (hash_for(but(windows=each)) for each in ((WINDOW, other), (other, WINDOW)))
        assert one == turned != hash_for(but(windows=(WINDOW,)))


def test_the_content_hash_names_kind_and_party_too():
    hashes = {
        hash_of(Kind.CAST, PARTY, TERMS),
        hash_of(Kind.CREW, PARTY, TERMS),
        hash_of(Kind.CAST, "maren", TERMS),
    }
    assert len(hashes) == 3
