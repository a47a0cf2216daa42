"""A person's erasure: of the house, once for each key, and only of what is sealed."""

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from events.approval import Ground, PersonErased
from events.names import HOUSE
from services.approval.commands import ErasePerson, OpenProduction
from services.approval.model.erasure import PERSON
from services.approval.model.production import PRODUCTION
from services.approval.model.rejections import ErasureIsOfTheHouse, HouseIsNoProduction
from tests.services.given import asked, for_patience, given
from tests.services.lighthouse import OPENED

pytestmark = pytest.mark.unit

KEY, LATER_KEY = "8f1c04d27ab3e596", "03d5b7719cfe2a48"
ERASE = ErasePerson(person="lucille", ground=Ground.NO_LONGER_NEEDED)
ERASED = PersonErased(person="lucille", ground=Ground.NO_LONGER_NEEDED, key=KEY)


def test_whose_texts_are_sealed_under_a_key_is_erased_by_giving_that_key_up():
    given(PERSON).when(ERASE, production=HOUSE, key=KEY).then(ERASED)


def test_nothing_is_recorded_of_somebody_for_whom_nothing_is_sealed():
    given(PERSON).when(ERASE, production=HOUSE).nothing()
    given(PERSON, ERASED).when(ERASE, production=HOUSE).nothing()


def test_a_key_that_was_given_up_and_is_not_destroyed_yet_is_not_given_up_again():
    given(PERSON, ERASED).when(ERASE, production=HOUSE, key=KEY).nothing()


def test_who_was_named_again_under_a_new_key_is_erased_again():
    again = ERASED.model_copy(update={"key": LATER_KEY})
    given(PERSON, ERASED).when(ERASE, production=HOUSE, key=LATER_KEY).then(again)


def test_no_production_erases_a_person_for_all_others():
    given(PERSON).when(ERASE, key=KEY).refused(ErasureIsOfTheHouse, HOUSE)


def test_nobody_leads_the_house_by_opening_it():
    opening = OpenProduction(**OPENED.model_dump())
    given(PRODUCTION).when(opening, production=HOUSE).refused(
        HouseIsNoProduction, "REEL_HOUSE_LEADERS"
    )


@pytest.mark.parametrize("ground", ["", "Lucille Brandauer asked", "other"])
def test_a_ground_is_one_of_the_law_s_and_no_text_that_could_tell_of_anybody(ground: str):
    with pytest.raises(ValidationError):
        ErasePerson.model_validate({"person": "lucille", "ground": ground})


@pytest.mark.parametrize("key", ["", KEY.upper(), KEY[:-1], "Lucille Brandaue"])
def test_a_key_is_named_by_sixteen_digits(key: str):
    with pytest.raises(ValidationError):
        PersonErased(person="lucille", ground=Ground.OBJECTION, key=key)


@for_patience
@for_all(st.lists(st.sampled_from([None, KEY, LATER_KEY]), max_size=8))
def test_each_key_is_given_up_once_however_often_it_is_asked_for(keys: list[str | None]):
    erased, facts = PERSON.initial, []
    for key in keys:
        new = PERSON.decide(erased, ERASE, asked(production=HOUSE, key=key))
        erased = PERSON.fold(new, erased)
        facts += [fact.key for fact in new]
    assert len(facts) == len(set(facts))
    assert set(facts) == set(keys) - {None} == erased
