"""One deal over four logs, as its people see it: what waits, what is owed, where it stands."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.contract import commitment_of
from events.names import id_of
from tests.http.film import CAST, LIGHTHOUSE_LINE, PATIENCE_SECONDS, Film, good
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration

DEAL = id_of("contract", "a live deal")
TERMS = {
    "currency": "USD",
    "fee": "86000.00",
    "account": "1401",
    "payments": [{"payment": "start", "amount": "86000.00", "due_on": "2026-09-14"}],
    "deliverables": [{"deliverable": "looping", "name": "Looping", "due_on": "2099-11-20"}],
}
MANAGER, DIRECTOR = "line-producer", "director"


def eventually(look: Callable[[], Any], is_so: Callable[[Any], bool]) -> Any:
    """What `look` answers once it is so: facts cross four logs on their way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


@pytest.fixture(scope="module")
def film(instance: Instance) -> Film:
    """The film with a draft of its budget, and a deal that is agreed and submitted."""
    ready = instance.as_("Rosalind Achterberg")
    wait_for("readiness", lambda: ready.get("/readyz").is_success, 120)
    film = instance.film()
    good(film.give(MANAGER, "budget/draft-budget", {"categories": [CAST]}))
    good(film.give(MANAGER, "budget/add-line", {"line": LIGHTHOUSE_LINE}))
    until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    for command, body in (
        (
            "draft-contract",
            {
                "kind": "cast",
                "title": "Silas Marr, the keeper",
                "party": "noor-haddad",
                "name": "Noor Haddad",
                "terms": TERMS,
            },
        ),
        ("make-offer", {"expires_at": until}),
        ("accept-offer", {"version": 1, "accepted_by": "party", "accepted_on": "2026-09-01"}),
        ("submit-terms", {}),
    ):
        good(film.give(MANAGER, f"contract/{command}", {"contract": DEAL, **body}))
    return film


def awaited(film: Film, who: str, kind: str) -> dict[str, Any]:
    """The one thing that waits for somebody, once it is of that kind."""
    rows = eventually(
        lambda: film.ask(who, "inbox")["rows"], lambda rows: [one["kind"] for one in rows] == [kind]
    )
    item: dict[str, Any] = rows[0]
    return item


def test_a_deal_waits_is_signed_owed_and_paid(film: Film) -> None:
    item = awaited(film, "executive-producer", "approve")
    assert item["blocks"] == "the execution of Silas Marr, the keeper"
    assert item["asked_by"]["person"] == film.person("Ingrid Halvorsen Pike")

    todo = item["todo"][0]
    good(film.client("executive-producer").post(todo["path"], json=todo["body"]))
    item = awaited(film, "producer", "execute")
    todo = item["todo"][0]
    signed = {**todo["body"], "executed_on": "2026-09-02"}
    good(film.client("producer").post(todo["path"], json=signed))

    def owed() -> dict[str, Any]:
        rows = film.ask(MANAGER, "obligations")["rows"]
        return next((row for row in rows if row["kind"] == "payment"), {})

    assert eventually(owed, bool)["party"]["name"] == "Noor Haddad"
    assert owed()["status"] == "overdue"

    film.await_event("budget", "budget.CommitmentRaised")
    commitment = commitment_of(DEAL, "start", 1)
    cost = {
        "posting": "INV-9",
        "account": "1401",
        "amount": "86000.00",
        "commitment": commitment,
        "description": "The keeper, at the start",
        "incurred_on": "2026-09-14",
    }
    good(film.give(MANAGER, "budget/post-cost", cost))
    assert eventually(owed, lambda row: row["status"] == "met")["paid"] == "86000.00"

    deal = film.ask(MANAGER, f"contracts/{DEAL}")
    assert (deal["state"], deal["payments"][0]["status"]) == ("executed", "paid")
    hidden = film.ask(DIRECTOR, f"contracts/{DEAL}")
    assert (hidden["fee"], hidden["payments"][0]["paid"]) == (None, None)
    assert hidden["party"]["name"] == "Noor Haddad"


def test_the_slate_of_what_waits_is_over_all_productions(film: Film) -> None:
    answer = good(film.client(MANAGER).get("/v1/inbox", params={"mine": False})).json()
    assert all(row["title"] == "The Last Lighthouse" for row in answer["rows"])
    assert {one["log"] for one in answer["freshness"]} == {
        "approval",
        "budget",
        "contract",
        "schedule",
    }
