"""A production: its opening, its team and its rules."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from events.approval import (
    AppointmentEnded,
    ApprovalRulesSet,
    PersonAppointed,
    Role,
    Rule,
)
from runtime.decider import Context, Personal
from services.approval.commands import (
    AppointPerson,
    EndAppointment,
    OpenProduction,
    ProductionCommand,
    SetApprovalRules,
)
from services.approval.model.production import PRODUCTION as DECIDER
from services.approval.model.rejections import (
    AppointmentEndsBeforeItStarts,
    AppointmentEndsEarlier,
    BandsOverlap,
    LastExecutiveProducer,
    PersonIsNotAppointed,
    ProductionIsNotOpen,
    ProductionIsOpen,
)
from tests.services.given import FIRST_SHOOT_DAY, asked, each_recorded_once, for_patience, given
from tests.services.lighthouse import OPENED, ROSALIND, TOBIAS

pytestmark = pytest.mark.unit

TODAY = FIRST_SHOOT_DAY.date()
SEALED = "sealed:1:rosalind:AAAA"
OPEN = OpenProduction(**OPENED.model_dump())
ROSALIND_LEADS = PersonAppointed(person="rosalind", role=Role.EXECUTIVE_PRODUCER)
OPEN_WITH_ROSALIND = (OPENED, ROSALIND_LEADS)
HIRE_LUCILLE = AppointPerson(
    person="lucille",
    role=Role.PRODUCTION_ACCOUNTANT,
    name="sealed:1:lucille:AAAA",
    starts=date(2026, 7, 27),
    ends=date(2026, 11, 29),
)
LUCILLE_HIRED = PersonAppointed(**HIRE_LUCILLE.model_dump())


def lead(person: str, starts: date | None = None) -> PersonAppointed:
    return PersonAppointed(person=person, role=Role.EXECUTIVE_PRODUCER, starts=starts)


def end_lead(person: str, ends: date) -> EndAppointment:
    return EndAppointment(
        person=person, role=Role.EXECUTIVE_PRODUCER, ends=ends, reason="The studio calls"
    )


def test_who_opens_a_production_becomes_its_executive_producer():
    named = OPEN.model_copy(update={"name": SEALED})
    given(DECIDER).when(named).then(
        OPENED, PersonAppointed(person="rosalind", role=Role.EXECUTIVE_PRODUCER, name=SEALED)
    )


def test_opening_again_in_the_same_words_records_nothing():
    given(DECIDER, *OPEN_WITH_ROSALIND).when(OPEN).nothing()


def test_opening_again_in_other_words_is_refused():
    other = OPEN.model_copy(update={"title": "The First Lighthouse"})
    given(DECIDER, *OPEN_WITH_ROSALIND).when(other).refused(ProductionIsOpen, "is open already")


def test_a_stranger_who_opens_it_is_refused_and_learns_nothing_of_it():
    refusal = given(DECIDER, *OPEN_WITH_ROSALIND).when(OPEN, by=TOBIAS).refused(ProductionIsOpen)
    assert OPENED.title not in str(refusal)
    assert "rosalind" not in str(refusal)


@pytest.mark.parametrize("zone", ["Grayling Harbor", "EST5EDT4", "america/new_york", "../etc", ""])
def test_a_time_zone_that_is_none_is_refused(zone):
    with pytest.raises(ValidationError):
        OpenProduction(**{**OPENED.model_dump(), "time_zone": zone})


def test_names_are_marked_as_personal():
    assert Personal(of="") in OpenProduction.model_fields["name"].metadata
    assert Personal(of="person") in AppointPerson.model_fields["name"].metadata


def test_nothing_happens_on_a_production_that_nobody_opened():
    given(DECIDER).when(HIRE_LUCILLE).refused(ProductionIsNotOpen, "open production")


def test_a_person_is_appointed_with_the_sealed_name():
    given(DECIDER, *OPEN_WITH_ROSALIND).when(HIRE_LUCILLE).then(LUCILLE_HIRED)


def test_the_same_appointment_again_records_nothing():
    given(DECIDER, *OPEN_WITH_ROSALIND, LUCILLE_HIRED).when(HIRE_LUCILLE).nothing()


def test_an_appointment_with_other_days_keeps_the_name_that_was_given():
    longer = HIRE_LUCILLE.model_copy(update={"name": None, "ends": date(2026, 12, 13)})
    given(DECIDER, *OPEN_WITH_ROSALIND, LUCILLE_HIRED).when(longer).then(
        LUCILLE_HIRED.model_copy(update={"ends": date(2026, 12, 13)})
    )


def test_an_appointment_ends_on_or_after_its_first_day():
    backwards = HIRE_LUCILLE.model_copy(update={"ends": date(2026, 7, 26)})
    given(DECIDER, *OPEN_WITH_ROSALIND).when(backwards).refused(
        AppointmentEndsBeforeItStarts, "2026-07-26", "exchange them"
    )


def test_an_appointment_may_be_of_one_day():
    one_day = HIRE_LUCILLE.model_copy(update={"ends": HIRE_LUCILLE.starts})
    given(DECIDER, *OPEN_WITH_ROSALIND).when(one_day).then(PersonAppointed(**one_day.model_dump()))


def test_an_appointment_is_ended_once():
    end = EndAppointment(
        person="lucille",
        role=Role.PRODUCTION_ACCOUNTANT,
        ends=date(2026, 11, 22),
        reason="The last cost report goes out a week early",
    )
    ended = AppointmentEnded(**end.model_dump())
    given(DECIDER, *OPEN_WITH_ROSALIND, LUCILLE_HIRED).when(end).then(ended)
    given(DECIDER, *OPEN_WITH_ROSALIND, LUCILLE_HIRED, ended).when(end).nothing()


def test_ending_an_appointment_never_makes_it_longer():
    later = EndAppointment(
        person="lucille", role=Role.PRODUCTION_ACCOUNTANT, ends=date(2027, 1, 1), reason="Audit"
    )
    given(DECIDER, *OPEN_WITH_ROSALIND, LUCILLE_HIRED).when(later).refused(
        AppointmentEndsEarlier, "2026-11-29", "appoint anew"
    )


def test_who_was_never_appointed_cannot_be_ended():
    given(DECIDER, *OPEN_WITH_ROSALIND).when(end_lead("tobias", TODAY)).refused(
        PersonIsNotAppointed, "tobias"
    )


def test_the_last_executive_producer_stays():
    given(DECIDER, *OPEN_WITH_ROSALIND).when(end_lead("rosalind", TODAY)).refused(
        LastExecutiveProducer, "2026-09-15", "appoint another"
    )


def test_an_executive_producer_hands_over_without_a_day_between():
    successor = lead("tobias", starts=date(2026, 10, 1))
    team = (*OPEN_WITH_ROSALIND, successor)
    last_day = end_lead("rosalind", date(2026, 9, 30))
    given(DECIDER, *team).when(last_day).then(AppointmentEnded(**last_day.model_dump()))
    given(DECIDER, *team).when(end_lead("rosalind", date(2026, 9, 29))).refused(
        LastExecutiveProducer, "2026-09-30"
    )


def test_new_days_for_the_only_executive_producer_leave_no_day_without_one():
    only_later = AppointPerson(
        person="rosalind", role=Role.EXECUTIVE_PRODUCER, starts=date(2026, 10, 1)
    )
    given(DECIDER, *OPEN_WITH_ROSALIND).when(only_later).refused(
        LastExecutiveProducer, "2026-09-14"
    )


def test_an_end_at_the_end_of_time_is_no_end():
    never = end_lead("rosalind", date.max)
    given(DECIDER, *OPEN_WITH_ROSALIND).when(never).then(AppointmentEnded(**never.model_dump()))


def band(at_least: int, below: int | None, *roles: Role, needed: int = 1) -> Rule:
    return Rule(
        at_least=Decimal(at_least),
        below=None if below is None else Decimal(below),
        roles=roles or (Role.EXECUTIVE_PRODUCER,),
        needed=needed,
    )


def rules(*bands: Rule) -> SetApprovalRules:
    return SetApprovalRules(subject_kind="budget", rules=bands)


def test_rules_are_set_band_by_band_and_the_same_again_records_nothing():
    bands = (band(0, 100_000), band(100_000, None, Role.FINANCIER, needed=2))
    was_set = ApprovalRulesSet(subject_kind="budget", rules=bands)
    given(DECIDER, *OPEN_WITH_ROSALIND).when(rules(*bands)).then(was_set)
    given(DECIDER, *OPEN_WITH_ROSALIND, was_set).when(rules(*bands)).nothing()


def test_no_rules_where_none_were_set_record_nothing():
    given(DECIDER, *OPEN_WITH_ROSALIND).when(rules()).nothing()


@pytest.mark.parametrize(
    ("bands", "word"),
    [
        ([band(0, 100), band(99, None)], "end it with `below` 99"),
        ([band(0, None), band(100, None)], "end it with `below` 100"),
        ([band(50, None), band(0, 100)], "end it with `below` 50"),
        ([band(100, 100)], "holds no amount"),
        ([band(100, 50)], "holds no amount"),
    ],
)
def test_bands_that_overlap_or_are_inverted_are_refused(bands, word):
    given(DECIDER, *OPEN_WITH_ROSALIND).when(rules(*bands)).refused(BandsOverlap, word)


PEOPLE = st.sampled_from(["rosalind", "tobias", "ingrid"])
ROLES = st.sampled_from([Role.EXECUTIVE_PRODUCER, Role.PRODUCER])
DAYS = st.integers(-3, 9).map(lambda days: TODAY + timedelta(days))
AMOUNTS = st.integers(0, 3)
COMMANDS: st.SearchStrategy[ProductionCommand] = st.one_of(
    st.builds(
        AppointPerson,
        person=PEOPLE,
        role=ROLES,
        name=st.sampled_from([None, SEALED]),
        starts=st.none() | DAYS,
        ends=st.none() | DAYS,
    ),
    st.builds(EndAppointment, person=PEOPLE, role=ROLES, ends=DAYS, reason=st.just("Wrapped")),
    st.builds(
        rules,
        st.builds(band, AMOUNTS, st.none() | AMOUNTS),
    ),
    st.sampled_from([OPEN, OPEN.model_copy(update={"title": "The First Lighthouse"})]),
)
CONTEXTS: st.SearchStrategy[Context] = st.sampled_from([asked(ROSALIND), asked(TOBIAS)])


@for_patience
@for_all(st.lists(st.tuples(COMMANDS, CONTEXTS), max_size=30))
def test_every_command_given_twice_records_nothing_the_second_time(steps):
    history, _ = each_recorded_once(DECIDER, [(OPEN, asked(ROSALIND)), *steps])
    assert history.count(OPENED) == 1


@for_patience
@for_all(st.lists(st.tuples(COMMANDS, CONTEXTS), max_size=30), st.integers(0, 3650))
def test_on_every_day_from_now_on_somebody_is_executive_producer(steps, days):
    _, state = each_recorded_once(DECIDER, [(OPEN, asked(ROSALIND)), *steps])
    day = TODAY + timedelta(days)
    assert any(
        role is Role.EXECUTIVE_PRODUCER
        and (one.starts is None or one.starts <= day)
        and (one.ends is None or one.ends >= day)
        for (_, role), one in state.team.items()
    )
