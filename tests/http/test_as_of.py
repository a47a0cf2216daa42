"""As known on, as true on: the same questions of another moment, over HTTP."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.http.film import BUDGET_CSV, LEADER, PURCHASE_ORDER, Film, code, good
from tests.http.instance import Instance

pytestmark = pytest.mark.integration

STEEL = {
    "posting": "INV-1",
    "account": "2302",
    "amount": "48750.00",
    "commitment": "PO-1013",
    "description": "Lantern room: steel frame",
    "incurred_on": "2026-09-11",
}
TAKEN_BACK = {
    "reversal": "REV-1",
    "posting": "INV-1",
    "reason": "Invoiced twice",
    "reversed_on": "2026-10-02",
}


@pytest.fixture(scope="module")
def moments(instance: Instance) -> tuple[Film, dict[str, str]]:
    """A film whose costs are posted late and taken back, and the moments behind each step."""
    film = instance.film()
    at: dict[str, str] = {}

    def done(step: str, command: str, body: dict[str, Any]) -> None:
        token = good(film.give("line-producer", command, body)).json()["token"]
        film.status(after=token)
        ((now,),) = instance.sql("SELECT clock_timestamp()")
        at[step] = now.isoformat()

    good(film.upload("line-producer", "budget", BUDGET_CSV))
    done("committed", "budget/raise-commitment", PURCHASE_ORDER)
    done("posted", "budget/post-cost", STEEL)
    done("taken back", "budget/reverse-cost", TAKEN_BACK)
    return film, at


def cost(film: Film, **moment: str) -> tuple[str, str]:
    """What is open of the commitment, and what was paid."""
    (row,) = [row for row in film.status("account", **moment)["rows"] if row["key"] == "2302"]
    return row["committed"], row["cost_to_date"]


def test_what_was_known_is_told_as_it_was_known(moments: tuple[Film, dict[str, str]]) -> None:
    film, at = moments
    assert cost(film, as_of=at["committed"]) == ("48750.00", "0.00")
    assert cost(film, as_of=at["posted"]) == ("0.00", "48750.00")
    assert cost(film, as_of=at["taken back"]) == cost(film) == ("48750.00", "0.00")


def test_what_is_posted_late_is_true_from_the_day_on_which_it_was_incurred(
    moments: tuple[Film, dict[str, str]],
) -> None:
    film, at = moments
    # Committed on the 8th, incurred on the 11th.
    for on, told in (("2026-09-10", ("48750.00", "0.00")), ("2026-09-11", ("0.00", "48750.00"))):
        assert cost(film, as_of=at["posted"], effective=on) == told
    # A correction holds from the day of what it corrects: nothing was ever owed.
    assert cost(film, effective="2026-09-11") == ("48750.00", "0.00")
    assert not [row for row in film.status("account", effective="2026-09-07")["rows"]]


def test_a_vector_asks_for_the_same_moment_again(moments: tuple[Film, dict[str, str]]) -> None:
    film, at = moments
    then = film.ask(LEADER, "budget-status", as_of=at["posted"])
    assert then["moment"]["as_of"] == at["posted"]
    assert [one["position"] < one["head"] for one in then["freshness"] if one["log"] == "budget"]
    again = film.ask(LEADER, "budget-status", as_of=then["moment"]["vector"])
    assert again["moment"]["vector"] == then["moment"]["vector"]
    assert again["total"] == then["total"]
    assert film.ask(LEADER, "budget-status")["moment"] is None


def test_the_slate_of_a_moment_leaves_out_what_was_opened_later(
    moments: tuple[Film, dict[str, str]], instance: Instance
) -> None:
    film, at = moments
    later = instance.film()
    known = film.client(LEADER).get("/v1/budget-status", params={"as_of": at["posted"]}).json()
    listed = {row["production"] for row in known["rows"]}
    assert film.production in listed
    assert later.production not in listed


def test_before_it_was_opened_there_was_no_production(film: Film) -> None:
    answer = film.client(LEADER).get(
        f"{film.home}/timeline", params={"as_of": "2020-01-01T00:00:00Z"}
    )
    assert (answer.status_code, code(answer)) == (404, "not-there")
    assert "not been opened by 2020-01-01" in answer.json()["detail"]


def test_who_may_see_it_is_who_may_see_it_today(
    moments: tuple[Film, dict[str, str]], instance: Instance
) -> None:
    film, at = moments
    newcomer = f"Newcomer {uuid.uuid4()}"
    stranger = instance.as_(newcomer).get(
        f"{film.home}/budget-status", params={"as_of": at["posted"]}
    )
    assert stranger.status_code in (404, 503)
    token = film.appoint("auditor", newcomer).json()["token"]
    film.ask(newcomer, "budget-status", after=token)
    assert film.ask(newcomer, "budget-status", as_of=at["posted"])["moment"]


def test_as_of_today_is_as_of_now(film: Film) -> None:
    """A day stands for its end; that of today has not come."""
    answer = film.ask(LEADER, "budget-status", as_of=datetime.now(UTC).date().isoformat())
    now = film.ask(LEADER, "budget-status")
    assert answer["total"] == now["total"]
    assert datetime.fromisoformat(answer["moment"]["as_of"]) <= datetime.now(UTC)


def soon() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize(
    ("asked", "cure"),
    [
        ({"as_of": "yesterday"}, "give a time with its zone"),
        ({"as_of": "2026-09-11T12:00"}, "add Z for UTC"),
        ({"as_of": "2026-13-01"}, "give a time with its zone"),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, "give a time with its zone"),
        ({"as_of": soon()}, "has not come"),
        ({"effective": "soon"}, "give a time with its zone"),
        ({"as_of": f"budget:{uuid.uuid4()}:1:2"}, "give a time with its zone"),
        ({"as_of": f"schedule:{uuid.uuid4()}:1"}, "give a time instead"),
        ({"as_of": "2026-09-11", "after": f"budget:{uuid.uuid4()}:1:1"}, "leave out"),
    ],
)
def test_a_moment_that_is_none_is_refused_with_the_cure(
    asked: dict[str, str], cure: str, film: Film
) -> None:
    answer = film.client(LEADER).get(f"{film.home}/budget-status", params=asked)
    assert (answer.status_code, code(answer)) == (400, "bad-moment"), answer.text
    assert cure in answer.json()["detail"]


def test_a_vector_of_another_history_or_of_the_future_is_refused(film: Film) -> None:
    now = film.ask(LEADER, "budget-status", effective="2026-09-11")["moment"]["vector"]
    log, incarnation, position = now.split(",")[0].split(":")
    for vector, status in (
        (now.replace(incarnation, str(uuid.uuid4())), 410),
        (now.replace(f"{incarnation}:{position}", f"{incarnation}:{int(position) + 10**6}"), 400),
    ):
        answer = film.client(LEADER).get(f"{film.home}/budget-status", params={"as_of": vector})
        assert answer.status_code == status, (log, answer.text)
