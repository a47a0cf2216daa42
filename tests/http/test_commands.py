"""A command over HTTP: what is answered, and that the same key is the same command."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.http.film import LEADER, LIGHTHOUSE_LINE, PURCHASE_ORDER, Film, code, good
from tests.http.instance import Instance

pytestmark = pytest.mark.integration

DRAFT = {"categories": [{"category": "1400", "name": "Cast", "level": "atl"}]}


def same_answer(first: httpx.Response, again: httpx.Response) -> None:
    """The second is the first, byte for byte, and says that it is a repeat."""
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_a_command_answers_201_with_its_events_and_a_token(film: Film) -> None:
    answer = film.give(
        "production-accountant", "budget/raise-commitment", PURCHASE_ORDER | {"commitment": "PO-1"}
    )
    body = answer.json()
    (event,) = body["events"]
    assert answer.status_code == 201
    assert answer.headers["reel-token"] == body["token"]
    assert event["type"] == "budget.CommitmentRaised"
    assert event["stream"] == f"costs-{film.production}"
    assert event["actor"] == film.person("Lucille Brandauer")
    assert event["effective_at"] == "2026-09-08T00:00:00+00:00"
    assert event["data"] == {
        "commitment": "PO-1",
        "account": "2302",
        "amount": "48750.00",
        "description": "Lantern room: steel frame, floor and glazing",
        "raised_on": "2026-09-08",
    }
    log, _, partition, position = body["token"].split(":")
    (entry,) = [one for one in film.trail("budget") if one["id"] == event["id"]]
    assert (log, int(partition), int(position)) == (
        "budget",
        entry["partition"],
        entry["position"],
    )
    assert {name: entry[name] for name in event} == event


def test_a_command_that_changes_nothing_answers_200_without_events(film: Film) -> None:
    order = PURCHASE_ORDER | {"commitment": "PO-2"}
    good(film.give("line-producer", "budget/raise-commitment", order))
    again = film.give("line-producer", "budget/raise-commitment", order)
    assert (again.status_code, again.json()) == (200, {"events": [], "token": None})
    assert "idempotent-replay" not in again.headers


def test_without_a_key_the_same_body_is_a_new_command(film: Film) -> None:
    body = {"subject_kind": "script", "rules": [{"roles": ["producer"]}]}
    other = {"subject_kind": "script", "rules": [{"roles": ["director"]}]}
    for _ in range(2):
        assert film.give(LEADER, "approval/set-approval-rules", body).status_code == 201
        assert film.give(LEADER, "approval/set-approval-rules", other).status_code == 201


def test_the_same_key_answers_a_recorded_command_as_before_though_the_state_changed(
    instance: Instance,
) -> None:
    film = instance.film()
    film.give("line-producer", "budget/draft-budget", DRAFT)
    keeper = {"line": LIGHTHOUSE_LINE}
    first = film.give("line-producer", "budget/add-line", keeper, "the keeper")
    assert first.status_code == 201
    # The line is out of the plan and the plan is submitted: adding it now would be refused.
    out = {"line": "1401-02", "reason": "The keeper is written out"}
    other = {"line": LIGHTHOUSE_LINE | {"line": "1401-03"}}
    good(film.give("line-producer", "budget/add-line", other))
    good(film.give("line-producer", "budget/remove-line", out))
    good(film.give("line-producer", "budget/submit-budget"))
    assert code(film.give("line-producer", "budget/add-line", keeper)) == "budget-is-submitted"
    before = film.trail("budget")
    same_answer(first, film.give("line-producer", "budget/add-line", keeper, "the keeper"))
    assert film.trail("budget") == before


def test_the_same_key_records_nothing_again_though_it_would_now(instance: Instance) -> None:
    film = instance.film()
    film.give("line-producer", "budget/draft-budget", DRAFT)
    keeper = {"line": LIGHTHOUSE_LINE}
    good(film.give("line-producer", "budget/add-line", keeper))
    first = film.give("line-producer", "budget/add-line", keeper, "once more")
    assert (first.status_code, first.json()["events"]) == (200, [])
    good(film.give("line-producer", "budget/remove-line", {"line": "1401-02", "reason": "Cut"}))
    before = film.trail("budget")
    same_answer(first, film.give("line-producer", "budget/add-line", keeper, "once more"))
    assert film.trail("budget") == before
    assert film.give("line-producer", "budget/add-line", keeper).status_code == 201


def test_the_same_key_refuses_again_though_it_would_now_be_taken(instance: Instance) -> None:
    film = instance.film()
    film.give("line-producer", "budget/draft-budget", DRAFT)
    first = film.give("line-producer", "budget/submit-budget", key="submit")
    assert (first.status_code, code(first)) == (409, "budget-is-empty")
    good(film.give("line-producer", "budget/add-line", {"line": LIGHTHOUSE_LINE}))
    same_answer(first, film.give("line-producer", "budget/submit-budget", key="submit"))
    assert film.types("budget") == ["BudgetDrafted", "LineAdded"]
    assert film.give("line-producer", "budget/submit-budget", key="later").status_code == 201


def test_a_refusal_of_many_problems_is_repeated_with_all_of_them(film: Film) -> None:
    stray = {"entry": "close", "commitment": "PO-0", "closed_on": "2026-10-02"}
    body = {"entries": [stray, stray | {"commitment": "PO-00"}]}
    first = film.give("line-producer", "budget/record-costs", body, "two strays")
    assert [one["reference"] for one in first.json()["problems"]] == ["PO-0", "PO-00"]
    same_answer(first, film.give("line-producer", "budget/record-costs", body, "two strays"))


def test_the_same_key_with_another_body_is_refused_and_records_nothing(film: Film) -> None:
    order = PURCHASE_ORDER | {"commitment": "PO-3"}
    good(film.give("line-producer", "budget/raise-commitment", order, "lantern"))
    before = film.trail("budget")
    for command, body in (
        ("budget/raise-commitment", order | {"amount": "48750.01"}),
        ("budget/close-commitment", {"commitment": "PO-3", "closed_on": "2026-09-08"}),
    ):
        other = film.give("line-producer", command, body, "lantern")
        assert (other.status_code, code(other)) == (422, "idempotency-key-reused")
    assert film.trail("budget") == before


def test_a_key_belongs_to_one_person_and_one_production(film: Film, instance: Instance) -> None:
    another = instance.film()
    order = PURCHASE_ORDER | {"commitment": "PO-4"}
    mine = film.give("line-producer", "budget/raise-commitment", order, "monday")
    yours = film.give(
        "production-accountant", "budget/raise-commitment", order | {"commitment": "PO-5"}, "monday"
    )
    elsewhere = another.give("line-producer", "budget/raise-commitment", order, "monday")
    assert [one.status_code for one in (mine, yours, elsewhere)] == [201, 201, 201]


def test_sends_of_one_key_at_the_same_time_have_one_effect(film: Film) -> None:
    order = PURCHASE_ORDER | {"commitment": f"PO-{uuid.uuid4()}"}
    count = len(film.trail("budget"))
    film.client("line-producer")

    def send(_: int) -> httpx.Response:
        return film.give("line-producer", "budget/raise-commitment", order, order["commitment"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}
    assert sum("idempotent-replay" not in one.headers for one in answers) == 1
    assert len(film.trail("budget")) == count + 1


def test_a_repeated_file_is_the_same_command(film: Film) -> None:
    text = (
        "date,entry,reference,account,amount,against,description\n"
        "2026-09-07,commit,PO-7,1401,140000.00,,Deal memo\n"
        "2026-09-24,post,PAY-7,1401,28000.00,PO-7,Week 1 of 5\n"
    )
    first = film.upload("production-accountant", "costs", text, "week 1")
    assert [one["type"] for one in first.json()["events"]] == [
        "budget.CommitmentRaised",
        "budget.CostPosted",
    ]
    same_answer(first, film.upload("production-accountant", "costs", text, "week 1"))


def test_a_correlation_id_travels_into_the_events_and_their_consequences(
    instance: Instance,
) -> None:
    film = instance.film()
    film.give("line-producer", "budget/draft-budget", DRAFT)
    good(film.give("line-producer", "budget/add-line", {"line": LIGHTHOUSE_LINE}))
    answer = film.client("line-producer").post(
        f"{film.home}/budget/submit-budget", json={}, headers={"X-Correlation-Id": "call sheet 12"}
    )
    assert answer.headers["x-correlation-id"] == "call sheet 12"
    submitted = film.trail("budget")[-1]
    requested = film.await_event("approval", "approval.ApprovalRequested")
    assert submitted["correlation"] == requested["correlation"] == "call sheet 12"
    assert requested["causation"] == submitted["id"]
    assert (submitted["hops"], requested["hops"]) == (0, 1)
    assert requested["recorded_at_us"] > submitted["recorded_at_us"]
    assert requested["actor"] == "policy:approval"
    assert requested["data"]["requested_by"] == film.person("Ingrid Halvorsen Pike")


@pytest.mark.parametrize("given", ["", "x" * 101, "a\tb"])
def test_an_unusable_correlation_id_is_replaced_by_a_good_one(film: Film, given: str) -> None:
    answer = film.client(LEADER).get(
        f"{film.home}/approval/trail", headers={"X-Correlation-Id": given}
    )
    assert uuid.UUID(answer.headers["x-correlation-id"]).version == 4


def test_every_answer_names_the_request_also_a_refusal(film: Film) -> None:
    for answer in (
        film.client(LEADER).get("/livez"),
        film.client(LEADER).get("/nowhere"),
        film.client(LEADER).post(f"{film.home}/import/costs", content=b" " * (8 << 20) + b" "),
    ):
        assert answer.headers["x-correlation-id"]
