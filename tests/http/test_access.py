"""Who may do what: a token for everything, an appointment for a production, a role for a command."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from events.approval import Role
from runtime import rooms
from runtime.decider import kebab
from runtime.people.team import NoSuchProduction, ProductionUnheardOf, Team
from runtime.process import Parts, Process
from tests.http.film import FILES, LEADER, NAMES, Film, code, good
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration

# Written by hand from the trade's division of duties; the code is not asked.
TEAM = "executive-producer producer line-producer production-accountant director department-head"
ALL = f"{TEAM} financier completion-guarantor auditor"
DECIDING = f"{TEAM} financier completion-guarantor"
LEADING = "executive-producer producer"
PRODUCING = f"{LEADING} line-producer"
BOOKING = "line-producer production-accountant"

DUTIES = {
    # who works on it, and what may go ahead
    LEADING: (
        "approval/appoint-person approval/end-appointment approval/set-approval-rules "
        "approval/decide-screening budget/set-overage-threshold "
        "contract/execute-contract contract/terminate-contract contract/complete-contract "
        "contract/accept-deliverable contract/reject-deliverable "
        "contract/exercise-option contract/extend-option"
    ),
    f"{LEADING} director": "approval/screen-cut approval/record-scores",
    TEAM: "approval/request-approval approval/void-approval",
    DECIDING: (
        "approval/grant-approval approval/refuse-approval "
        "approval/delegate-authority approval/end-delegation"
    ),
    ALL: "approval/give-view",
    # which is refused off the house, whoever asks
    "executive-producer": "approval/erase-person",
    # the money
    f"{PRODUCING} production-accountant": (
        "budget/draft-budget budget/add-categories budget/add-line budget/revise-line "
        "budget/remove-line budget/import-budget budget/submit-budget import/budget "
        "contract/earn-payment"
    ),
    PRODUCING: (
        "budget/reopen-budget "
        # the days
        "schedule/draft-schedule schedule/add-elements schedule/add-breakdowns "
        "schedule/lay-board schedule/import-schedule schedule/choose-board import/schedule "
        "schedule/submit-schedule schedule/reopen-schedule schedule/set-behind-threshold "
        "schedule/move-shoot-day schedule/set-milestone schedule/move-milestone "
        "schedule/reach-milestone schedule/set-task schedule/move-task schedule/finish-task "
        # the deals
        "contract/draft-contract contract/redraft-terms contract/make-offer "
        "contract/counter-offer contract/accept-offer contract/withdraw-offer "
        "contract/draft-long-form contract/submit-terms contract/withdraw-terms"
    ),
    BOOKING: (
        "budget/raise-commitment budget/close-commitment budget/post-cost budget/reverse-cost "
        "budget/record-costs import/costs"
    ),
    f"{BOOKING} executive-producer": "budget/set-estimate",
    "line-producer director producer": "schedule/wrap-shoot-day",
    f"{PRODUCING} department-head": "contract/receive-deliverable",
}
"""Who may do what: roles, and their commands."""

MAY = {
    role: {
        command
        for roles, commands in DUTIES.items()
        if role in roles.split()
        for command in commands.split()
    }
    for role in ALL.split()
}
BY_THE_REQUEST = {
    "requester-may-not-decide",
    "role-may-not-decide",
    "only-the-requester-may-void",
    "role-is-not-consulted",
    "text-looks-sealed",
}
"""Refusals by the rule of one request, behind the roles that may decide at all."""

COMMANDS = sorted(set().union(*MAY.values()))
OPEN_TO_ALL = {"approval/open-production"}
OF_POLICIES_ALONE = set(
    "budget/lock-budget budget/return-budget budget/set-hot-cost-base budget/forecast-overage "
    "budget/approve-overage budget/refuse-overage schedule/lock-schedule schedule/return-schedule "
    "contract/clear-terms contract/refuse-clearance contract/meet-condition "
    "contract/record-conflict contract/resolve-conflict "
    # timers
    "approval/fall-due contract/lapse-offer contract/lapse-option".split()
)


def paths() -> dict[str, Any]:
    """Every command that there is, with the example of its room; a file for the imports."""
    found: dict[str, Any] = {f"import/{what}": content for what, content in FILES.items()}
    for service in rooms.services().values():
        for command in service.commands:
            found[f"{service.name}/{kebab(command.__name__)}"] = service.examples[command]
    return found


BODIES = paths()
HEALTH = {("GET", path) for path in ("/livez", "/readyz", "/metrics")}
DOCUMENTS = {("GET", path) for path in ("/docs", "/docs/oauth2-redirect", "/openapi.json")}


def give(film: Film, role: str, command: str) -> httpx.Response:
    body = BODIES[command]
    if isinstance(body, bytes):
        return film.client(role).post(f"{film.home}/{command}", content=body)
    return film.client(role).post(f"{film.home}/{command}", json=body)


def test_the_table_of_duties_names_every_role_and_every_command() -> None:
    assert set(MAY) == set(Role) == set(NAMES)
    assert {*COMMANDS, *OPEN_TO_ALL, *OF_POLICIES_ALONE} == set(BODIES)


@pytest.fixture(scope="module")
def cast_and_crew(instance: Instance) -> Film:
    """A film of this module's own, which the commands that are allowed may change."""
    return instance.film()


@pytest.fixture(scope="module")
def strange(instance: Instance) -> Film:
    """A film of other people, asked for by each of ours long enough to be denied."""
    theirs = Film(lambda name: instance.as_(f"Another {name}"), instance.issuer.person)
    theirs.open()
    film = Film(instance.as_, instance.issuer.person, theirs.production)

    def denied() -> bool:
        paths = [f"{film.home}/{log}/trail" for log in rooms.services()]
        answers = [film.client(role).get(path) for role in NAMES for path in paths]
        return {answer.status_code for answer in answers} == {404}

    wait_for("denial", denied)
    return film


@pytest.mark.parametrize("role", MAY)
def test_a_role_may_give_its_commands_and_no_other(cast_and_crew: Film, role: str) -> None:
    allowed = MAY[role]
    for command in COMMANDS:
        answer = give(cast_and_crew, role, command)
        if command in allowed:
            assert answer.status_code in (200, 201, 409) or code(answer) in BY_THE_REQUEST, command
        else:
            assert (answer.status_code, code(answer)) == (403, "role-missing"), command
            assert role in answer.json()["detail"]


FEES = "executive-producer producer line-producer production-accountant " + (
    "financier completion-guarantor auditor"
)
"""Whose roles are told what deals pay."""


@pytest.mark.parametrize("role", MAY)
def test_a_trail_is_for_the_whole_team_but_that_of_deals(cast_and_crew: Film, role: str) -> None:
    for log in rooms.services():
        answer = cast_and_crew.client(role).get(f"{cast_and_crew.home}/{log}/trail")
        if log != "contract" or role in FEES.split():
            assert answer.status_code == 200, log
        else:
            assert (answer.status_code, code(answer)) == (403, "role-missing")
            assert "the trail of contract is for" in answer.json()["detail"]
            assert f"you are {role}" in answer.json()["detail"]


@pytest.mark.parametrize("role", MAY)
def test_no_role_gives_anything_on_the_production_of_others(strange: Film, role: str) -> None:
    for command in COMMANDS:
        answer = give(strange, role, command)
        assert (answer.status_code, code(answer)) == (404, "no-such-production"), command
    for what in FILES:
        answer = strange.client(role).post(f"{strange.home}/import/{what}", content=b"\xff")
        assert (answer.status_code, code(answer)) == (404, "no-such-production"), what
    for log in rooms.services():
        assert strange.client(role).get(f"{strange.home}/{log}/trail").status_code == 404


def test_a_stranger_cannot_tell_another_production_from_none_at_all(
    strange: Film, instance: Instance
) -> None:
    """The same answers in the same order, at first and after the two seconds."""
    nowhere = Film(strange.as_, strange.person)
    stranger = f"Stranger {uuid.uuid4()}"

    def answers() -> list[tuple[int, str]]:
        found = []
        for film in (strange, nowhere):
            for path in ("budget-status", "budget/trail", "approval/trail"):
                answer = film.client(stranger).get(f"{film.home}/{path}")
                found.append((answer.status_code, answer.text.replace(film.production, "")))
        return found

    first = answers()
    assert first[:3] == first[3:]
    assert {status for status, _ in first} == {503}
    late = wait_for("denial", lambda: (a := answers()) and {s for s, _ in a} == {404} and a)
    assert late[:3] == late[3:]


def test_whoever_opens_a_production_becomes_its_executive_producer(instance: Instance) -> None:
    film = instance.film(team=False)
    appointed = film.trail("approval")[1]
    assert appointed["data"]["role"] == "executive-producer"
    assert appointed["data"]["person"] == film.person(NAMES[LEADER])
    again = film.client("producer").post(
        f"{film.home}/approval/open-production", json=BODIES["approval/open-production"]
    )
    assert (again.status_code, code(again)) == (409, "production-is-open")
    assert film.production in again.json()["detail"] and "Lighthouse" not in again.text


def test_a_request_of_one_production_cannot_be_reached_from_another(
    cast_and_crew: Film, instance: Instance
) -> None:
    """Who decides here decides nothing there, though he knows the request's id."""
    there = instance.film()
    subject = BODIES["approval/request-approval"]
    good(cast_and_crew.give("director", "approval/request-approval", subject))
    request = {"request": subject["request"]}
    before = cast_and_crew.trail("approval")
    for command, body in (
        ("grant-approval", request),
        ("refuse-approval", request | {"reason": "Not here"}),
    ):
        answer = there.give(LEADER, f"approval/{command}", body)
        assert (answer.status_code, code(answer)) == (409, "request-is-unknown")
    answer = there.give("producer", "approval/void-approval", request | {"reason": "Not here"})
    assert (answer.status_code, answer.json()["events"]) == (200, [])
    assert good(there.give("director", "approval/request-approval", subject)).status_code == 201
    assert cast_and_crew.trail("approval") == before


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(None, -2), (-9, -2), (2, None), (2, 9)],
    ids=["over", "over since long", "not begun", "not begun, with an end"],
)
def test_outside_the_days_of_an_appointment_a_member_may_look_but_not_act(
    instance: Instance, starts: int | None, ends: int | None
) -> None:
    film = instance.film(team=False)
    film.appoint("line-producer", **days(starts, ends))
    assert film.ask("line-producer", "budget/trail")["events"] == []
    answer = film.give("line-producer", "budget/draft-budget")
    assert (answer.status_code, code(answer)) == (403, "role-missing")
    assert "none of them today" in answer.json()["detail"]
    film.appoint("line-producer", **days(-2, 2))
    wait_for(
        "the new appointment",
        lambda: film.give("line-producer", "budget/draft-budget").status_code == 201,
    )
    film.give(
        LEADER,
        "approval/end-appointment",
        {
            "person": film.person(NAMES["line-producer"]),
            "role": "line-producer",
            "ends": days(None, -2)["ends"],
            "reason": "Left for another picture",
        },
    )
    wait_for(
        "the end",
        lambda: code(film.give("line-producer", "budget/submit-budget")) == "role-missing",
    )


def days(starts: int | None, ends: int | None) -> dict[str, str]:
    """Days from today, far enough from it that midnight does not matter."""
    found = {}
    for name, ahead in (("starts", starts), ("ends", ends)):
        if ahead is not None:
            found[name] = (datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()
    return found


async def test_the_first_and_the_last_day_belong_to_an_appointment(instance: Instance) -> None:
    production, person = str(uuid.uuid4()), "ingrid"
    url = instance.settings.database_url
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        for schema in ("approval_service", "budget_service", "budget_status_v2"):
            await pool.execute(
                f"INSERT INTO {schema}.team VALUES ($1, $2, 'line-producer', $3, $4)",
                production,
                person,
                date(2026, 7, 20),
                date(2026, 11, 29),
            )
            team = Team(schema, pool)
            for on, roles in (
                (date(2026, 7, 19), set()),
                (date(2026, 7, 20), {Role.LINE_PRODUCER}),
                (date(2026, 11, 29), {Role.LINE_PRODUCER}),
                (date(2026, 11, 30), set()),
            ):
                assert (await team.member(production, person, on)).roles == roles
            with pytest.raises(ProductionUnheardOf):
                await team.member(production, "lucille", date(2026, 7, 20))
            with pytest.raises((ProductionUnheardOf, NoSuchProduction)):
                await team.member(str(uuid.uuid4()), person, date(2026, 7, 20))


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of everything that the application answers, shown in OpenAPI or not."""
    contexts = list(iter_route_contexts(app.routes))
    every = {(method, one.path or "") for one in contexts for method in one.methods or ()}
    return {(method, path) for method, path in every if method != "HEAD"}


def test_nothing_but_health_is_open(instance: Instance) -> None:
    found = routes(instance.process._application())
    assert len(found) > 30
    with httpx.Client(base_url=instance.url) as nobody:
        opened = {
            (method, path)
            for method, path in found
            if nobody.request(method, filled(path)).status_code != 401
        }
    assert opened == HEALTH | DOCUMENTS


def test_a_house_with_an_identity_provider_of_its_own_shows_no_documents(
    instance: Instance,
) -> None:
    settings = instance.settings.model_copy(update={"jwks_url": "http://127.0.0.1:1/jwks"})
    assert routes(Process(settings, Parts())._application()) == HEALTH


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", str(uuid.uuid4()), path)
