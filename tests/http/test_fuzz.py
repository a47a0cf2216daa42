"""Whatever is sent: never an error of ours, and never a half-written state."""

import copy
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from runtime import rooms
from runtime.decider import kebab
from tests.http.film import LEADER, Film, code, good
from tests.http.instance import Instance, wait_for

pytestmark = [
    pytest.mark.integration,
    # The instance's own thread draws from `random` while Hypothesis draws here.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

EXAMPLES: dict[str, Any] = {
    f"{service.name}/{kebab(command.__name__)}": service.examples[command]
    for service in rooms.services().values()
    for command in service.commands
    if command.MAY or command.OPENS
}
WHO = {
    f"{service.name}/{kebab(command.__name__)}": min(command.MAY, default=LEADER)
    for service in rooms.services().values()
    for command in service.commands
} | dict.fromkeys(("import/budget", "import/costs"), "line-producer")
"""Somebody who may give the command."""

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**17),
    st.floats(),
    st.text(max_size=70),
    st.sampled_from(
        ["", " ", "0", "-0", "1e400", "NaN", "-1", "0.00001", "9" * 19, "2026-02-30", "0001-01-01"]
        + ["9999-12-31", "USD", "1401", "PO-1013", "1401-02", "sealed:1:x:AAAA", "\ud800", "\u202e"]
    ),
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


def steps(value: Any) -> list[list[Any]]:
    """The way to every place in a JSON value."""
    found: list[list[Any]] = [[]]
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for step, one in inner:
            found += [[step, *rest] for rest in steps(one)]
    return found


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """A command with its example, in which some places hold anything, or are gone."""
    command = draw(st.sampled_from(sorted(EXAMPLES)))
    body: Any = copy.deepcopy(json.loads(json.dumps(EXAMPLES[command])))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(steps(body))) or [None]
        if last is None:
            return command, draw(anything)
        at = body
        for step in way:
            at = at[step]
        if draw(st.booleans()) and isinstance(at, dict):
            del at[last]
        else:
            at[last] = draw(anything)
    return command, body


@pytest.fixture(scope="module")
def target(instance: Instance) -> Film:
    film = instance.film()
    for room in rooms.services():
        film.trail_end[room] = max((e["position"] for e in film.trail(room)), default=0)
    return film


def sent(film: Film, path: str, content: bytes, kind: str) -> httpx.Response:
    client = film.client(WHO[path])
    return client.post(f"{film.home}/{path}", content=content, headers={"Content-Type": kind})


def check(film: Film, room: str, send: Callable[[], httpx.Response]) -> None:
    """It is taken whole, does nothing, or is a problem with a code; the log agrees."""
    last = film.trail_end.get(room, 0)
    answer = send()
    behind = film.ask(LEADER, f"{room}/trail", after=last)["events"]
    # Policies and timers of the room may have added to it meanwhile.
    own = [one for one in behind if not one["actor"].startswith(("policy:", "timer:"))]
    if behind:
        film.trail_end[room] = behind[-1]["position"]
    assert answer.status_code < 500, answer.text
    if answer.is_success:
        told = answer.json()["events"]
        assert [one["id"] for one in own] == [one["id"] for one in told]
        assert answer.status_code == (201 if told else 200)
    else:
        assert code(answer) not in (None, "refused", "unforeseen"), answer.text
        assert own == []


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(given=bodies())
def test_no_body_of_a_command_breaks_anything(target: Film, given: tuple[str, Any]) -> None:
    command, body = given
    room = command.partition("/")[0]
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    check(target, room, lambda: sent(target, command, content, "application/json"))


def texts(value: Any) -> list[list[Any]]:
    """The ways to every text in a JSON value."""
    ways = []
    for way in steps(value):
        at = value
        for step in way:
            at = at[step]
        if isinstance(at, str):
            ways.append(way)
    return ways


@pytest.mark.parametrize(
    "character",
    [
        pytest.param(
            "\x00",
            id="NUL",
        ),
        pytest.param("\ud800", id="half a surrogate"),
    ],
)
def test_no_text_holds_what_a_database_cannot(character: str) -> None:
    """Recorded, such a text would stop every read model that has a column for it."""
    taken = []
    for path, example in EXAMPLES.items():
        room, _, name = path.partition("/")
        (command,) = (c for c in rooms.services()[room].commands if kebab(c.__name__) == name)
        for *way, last in texts(example):
            body: Any = json.loads(json.dumps(example))
            at = body
            for step in way:
                at = at[step]
            at[last] = f"a{character}b"
            try:
                command.model_validate(body)
            except ValidationError:
                continue
            taken.append((path, *way, last))
    assert taken == []


@settings(max_examples=40, deadline=None)
@given(command=st.sampled_from(sorted(EXAMPLES)), content=st.binary(max_size=60))
def test_no_bytes_break_anything(target: Film, command: str, content: bytes) -> None:
    room = command.partition("/")[0]
    check(target, room, lambda: sent(target, command, content, "application/json"))


HEADERS = {
    "budget": "level,category,category_name,account,line,description,amount,unit,x,rate,subtotal",
    "costs": "date,entry,reference,account,amount,against,description",
}
cells = st.one_of(
    st.text(st.characters(exclude_characters="\x00"), max_size=12),
    st.sampled_from(["atl", "1400", "Cast", "1401", "1", "day", "10", "2026-09-07", "commit"]),
    st.sampled_from(
        ["9" * 30, "0." + "1" * 200, "-1", "=1+1", '"', '"a\nb"', "post", "etc", "1,5"]
    ),
)


@settings(max_examples=40, deadline=None)
@given(
    what=st.sampled_from(sorted(HEADERS)),
    rows=st.lists(st.lists(cells, min_size=6, max_size=11), max_size=4),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_no_file_breaks_anything(target: Film, what: str, rows: list[list[str]], end: str) -> None:
    text = end.join([HEADERS[what], *(",".join(row) for row in rows)])
    content = text.encode("utf-8", "replace")
    check(target, "budget", lambda: sent(target, f"import/{what}", content, "text/csv"))


@settings(max_examples=40, deadline=None)
@given(
    path=st.sampled_from(
        ["budget-status", "budget-lines", "budget/trail", "approval/trail", "/v1/budget-status"]
    ),
    query=st.dictionaries(
        st.sampled_from(["after", "cursor", "limit", "by"]),
        st.one_of(
            st.text(st.characters(codec="utf-8"), max_size=40),
            st.integers().map(str),
            st.sampled_from(["\x00", "1401-02", "budget:", str(2**63)]),
        ),
    ),
)
def test_no_query_breaks_anything(target: Film, path: str, query: dict[str, str]) -> None:
    where = path if path.startswith("/") else f"{target.home}/{path}"
    answer = target.client(LEADER).get(where, params=query)
    assert answer.status_code in (200, 400, 422), answer.text
    assert answer.is_success or code(answer) in ("invalid", "bad-token")


def test_after_all_that_every_part_still_goes_on(target: Film, instance: Instance) -> None:
    """Nothing that was recorded stops a read model or a policy."""
    rules = {"subject_kind": "poster", "rules": [{"roles": ["producer"]}]}
    estimate = EXAMPLES["budget/set-estimate"] | {"estimate": "the last word"}
    for command, body in (
        ("approval/set-approval-rules", rules),
        ("budget/set-estimate", estimate),
    ):
        token = good(target.give(WHO[command], command, body)).headers["reel-token"]
        fresh = target.ask(LEADER, "budget-status", after=token)["freshness"]
        assert all(one["caught_up"] for one in fresh)
    wait_for("readiness", lambda: httpx.get(f"{instance.url}/readyz").status_code == 200)
