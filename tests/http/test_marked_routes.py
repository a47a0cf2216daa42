"""No route that tells what deals pay is forgotten: its answers are recorded, with who got them."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel

from runtime import rooms
from runtime.web.readings import RecordsReading
from runtime.web.trail import add_trail

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
TELLING = frozenset({"fee", "fees_told", "paid", "owed", "payments", "terms"})
"""Fields of answers that tell what a deal pays."""


def marks(route: APIRoute) -> list[str]:
    """What the route's answers are recorded as."""
    depends = [one.call for one in route.dependant.dependencies]
    return [one.what for one in depends if isinstance(one, RecordsReading)]


def words_in(document: Any) -> Iterator[str]:
    """Every name of a field, at any depth of a JSON Schema."""
    match document:
        case {"properties": dict(properties)}:
            yield from properties
    match document:
        case dict():
            for part in document.values():
                yield from words_in(part)
        case list():
            for part in document:
                yield from words_in(part)


def tells_pay(route: APIRoute) -> bool:
    model = route.response_model
    return (
        isinstance(model, type)
        and issubclass(model, BaseModel)
        and bool(TELLING & set(words_in(model.model_json_schema())))
    )


def asks_whom_fees_are_for(room: str) -> bool:
    """Whether any file of the read model tells callers apart by who may know fees."""
    return any(
        isinstance(node, ast.Name) and node.id == "FEES_ARE_FOR"
        for path in (ROOT / "projections" / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def routes_of(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


@pytest.mark.parametrize("room", rooms.projections())
def test_every_query_that_tells_what_deals_pay_records_who_read_it(room: str) -> None:
    routes = routes_of(rooms.projections()[room].routes(cast(Any, None)))
    gated = asks_whom_fees_are_for(room)
    for route in routes:
        assert bool(marks(route)) == (gated or tells_pay(route)), route.path
    assert gated or not any(tells_pay(route) for route in routes)


@pytest.mark.parametrize("room", rooms.services())
def test_a_trail_that_is_not_for_everybody_records_who_read_it(room: str) -> None:
    router, service = APIRouter(), rooms.services()[room]
    add_trail(router, cast(Any, SimpleNamespace(service=service)))
    [route] = routes_of(router)
    assert marks(route) == ([] if service.trail_for is None else [f"{room} trail"])


def test_some_routes_are_marked_and_some_are_not() -> None:
    found = {
        route.path: bool(marks(route))
        for projection in rooms.projections().values()
        for route in routes_of(projection.routes(cast(Any, None)))
    }
    assert found["/v1/productions/{production}/contracts/{contract}"]
    assert not found["/v1/productions/{production}/budget-status"]
