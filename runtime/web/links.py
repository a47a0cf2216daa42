"""How one request leads to the next, as OpenAPI links: queries wait for what a command recorded."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

PREFIX = "/v1/productions/{production}"
LOGS = "x-reel-logs"
"""The logs whose tokens a query takes as `after`."""


def hears(router: APIRouter, logs: Iterable[str]) -> APIRouter:
    """Says of the router's queries which logs they are made from."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.openapi_extra = {**(route.openapi_extra or {}), LOGS: sorted(logs)}
    return router


def install(app: FastAPI) -> None:
    """Links every command to the queries that hear its log, in the application's document."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        document = plain()
        if is_new:
            _link(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _link(document: dict[str, Any]) -> None:
    queries = {
        path.rpartition("/")[2]: operation
        for path, operation in _operations(document, "get")
        if LOGS in operation and path.rpartition("/")[0] == PREFIX and _takes_a_token(operation)
    }
    links = document.setdefault("components", {}).setdefault("links", {})
    for name, operation in queries.items():
        links[name] = {
            "operationId": operation["operationId"],
            "parameters": {
                "path.production": "$request.path.production",
                "query.after": "$response.body#/token",
            },
            "description": f"{operation['summary']}, with what the command has recorded.",
        }
    for _, command in _operations(document, "post"):
        leads_to = {
            name: {"$ref": f"#/components/links/{name}"}
            for name, operation in queries.items()
            if set(command.get("tags", ())) & set(operation[LOGS])
        }
        for status in ("200", "201"):
            if leads_to and status in command["responses"]:
                command["responses"][status]["links"] = dict(leads_to)


def _operations(document: dict[str, Any], method: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        if method in methods:
            yield path, methods[method]


def _takes_a_token(operation: dict[str, Any]) -> bool:
    return any(one["name"] == "after" for one in operation.get("parameters", ()))
