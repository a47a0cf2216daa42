"""Reading: one's own write, how fresh an answer is, and the slate of several productions."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from runtime.log.contract import PARTITIONS
from runtime.log.partition import partition_of
from tests.http.film import CAST, LEADER, LIGHTHOUSE_LINE, PURCHASE_ORDER, Film, good
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration


def test_an_answer_after_a_token_holds_the_write_that_gave_it(instance: Instance) -> None:
    film = instance.film()
    for number in range(1, 11):
        order = PURCHASE_ORDER | {"commitment": f"PO-{number}", "amount": "1.50"}
        token = good(film.give("line-producer", "budget/raise-commitment", order)).json()["token"]
        seen = film.client(LEADER).get(f"{film.home}/budget-status", params={"after": token})
        assert seen.status_code == 200
        assert Decimal(seen.json()["total"]["committed"]) == Decimal("1.50") * number
        fresh = {one["log"]: one for one in seen.json()["freshness"]}["budget"]
        assert fresh["position"] >= int(token.split(":")[3])
        assert fresh["incarnation"] == token.split(":")[1]


def test_freshness_says_how_far_the_answer_and_the_log_are(instance: Instance) -> None:
    film = instance.film()
    order = PURCHASE_ORDER
    token = good(film.give("line-producer", "budget/raise-commitment", order)).json()["token"]
    answer = film.ask(LEADER, "budget-status", after=token)
    partition = partition_of(film.production, PARTITIONS)
    for fresh in answer["freshness"]:
        ((incarnation, heads, recorded_at),) = instance.sql(
            f"SELECT incarnation::text, partitions, recorded_at FROM {fresh['log']}.head"
        )
        assert fresh["incarnation"] == incarnation
        assert fresh["position"] == fresh["head"] == heads[partition]
        assert fresh["caught_up"] is True
        taken = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=recorded_at)
        assert datetime.fromisoformat(fresh["head_at"]) == taken
        assert film.trail(fresh["log"])[-1]["position"] == fresh["position"]
    assert [one["log"] for one in answer["freshness"]] == ["approval", "budget"]


def test_an_answer_that_is_behind_says_so_and_shows_nothing_of_what_is_not_in_it(
    instance: Instance,
) -> None:
    film = instance.film()
    good(film.give("line-producer", "budget/raise-commitment", PURCHASE_ORDER))
    wait_for("it", lambda: film.ask(LEADER, "budget-status")["total"]["committed"] == "48750.00")
    (consumer,) = (c for c in instance.process._consumers if c.name == "budget_status_v2")
    lock = consumer._locks["budget", partition_of(film.production, PARTITIONS)]
    instance.do(lock.acquire())
    try:
        order = PURCHASE_ORDER | {"commitment": "PO-2"}
        token = good(film.give("line-producer", "budget/raise-commitment", order)).json()["token"]
        answer = film.ask(LEADER, "budget-status")
        fresh = {one["log"]: one for one in answer["freshness"]}["budget"]
        assert answer["total"]["committed"] == "48750.00"
        assert fresh["caught_up"] is False
        assert fresh["position"] < fresh["head"] == int(token.split(":")[3])
    finally:
        instance.loop.call_soon_threadsafe(lock.release)
    answer = film.ask(LEADER, "budget-status", after=token)
    assert answer["total"]["committed"] == "97500.00"
    assert answer["freshness"][1]["caught_up"] is True


@pytest.fixture(scope="module")
def rosalind() -> str:
    """A namesake who is on nothing else."""
    return f"Rosalind {uuid.uuid4()}"


def test_a_slate_has_a_row_for_every_production_that_the_caller_is_on(
    instance: Instance, rosalind: str
) -> None:
    """Five films; the producer is on two of them, and has left a third."""
    tobias = f"Tobias {uuid.uuid4()}"
    films = [Film(lambda _: instance.as_(rosalind), instance.issuer.person) for _ in range(5)]
    token = ""
    for number, film in enumerate(films):
        film.open(title=f"The Last Lighthouse {number}")
        if number < 3:
            over = {"ends": "2020-01-01"} if number == 2 else {}
            film.appoint("producer", tobias, **over)
        good(film.give(LEADER, "budget/draft-budget", {"categories": [CAST]}))
        line = LIGHTHOUSE_LINE | {"amount": str(number + 1)}
        token = good(film.give(LEADER, "budget/add-line", {"line": line})).json()["token"]
        assert film.ask(LEADER, "budget-status", after=token)["total"]["working"]

    caller = instance.as_(rosalind)
    whole = caller.get("/v1/budget-status", params={"after": token}).json()
    assert [row["production"] for row in whole["rows"]] == sorted(f.production for f in films)
    assert whole["next"] is None
    assert {one["log"]: one["caught_up"] for one in whole["freshness"]} == {
        "approval": True,
        "budget": True,
    }
    for row in whole["rows"]:
        number = [film.production for film in films].index(row["production"])
        status = films[number].ask(LEADER, "budget-status")
        assert row["title"] == f"The Last Lighthouse {number}"
        assert row["working"] == f"{21500 * (number + 1)}.00"
        assert {name: row[name] for name in status["total"]} == status["total"]
        assert (row["phase"], row["version"]) == ("draft", 1)

    for limit in (1, 2, 5):
        walked, cursor = [], None
        while True:
            query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
            page = caller.get("/v1/budget-status", params=query).json()
            walked += page["rows"]
            cursor = page["next"]
            if cursor is None:
                break
            assert len(page["rows"]) == limit
        assert walked == whole["rows"]

    theirs = instance.as_(tobias).get("/v1/budget-status").json()["rows"]
    assert {row["production"] for row in theirs} == {film.production for film in films[:2]}


def test_a_slate_of_nobody_is_empty(instance: Instance) -> None:
    answer = instance.as_(f"Nobody {uuid.uuid4()}").get("/v1/budget-status")
    assert answer.status_code == 200
    assert (answer.json()["rows"], answer.json()["next"]) == ([], None)
