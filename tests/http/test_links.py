"""The description of the API leads from a command to the queries that can wait for it."""

from types import SimpleNamespace
from typing import Any

import pytest

from runtime import rooms
from runtime.web.http import application
from runtime.web.links import LOGS, PREFIX, hears

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    nobody: Any = None
    faces: list[Any] = [
        SimpleNamespace(service=service, handler=None, team=None, vault=None)
        for service in rooms.services().values()
    ]
    queries = []
    for projection in rooms.projections().values():
        reader: Any = SimpleNamespace(projection=projection)
        queries.append(hears(projection.routes(reader), projection.view.logs))
    return application(
        title="Reel",
        verifier=nobody,
        services=faces,
        queries=queries,
        unready=list,
        documented=True,
    ).openapi()


def links_of(document: dict[str, Any], path: str, status: str = "201") -> set[str]:
    links: dict[str, Any] = document["paths"][f"{PREFIX}/{path}"]["post"]["responses"][status]
    return set(links.get("links", ()))


def test_a_command_leads_to_the_queries_that_hear_its_log_and_to_no_other(
    document: dict[str, Any],
) -> None:
    assert {"budget-status", "budget-lines", "timeline"} <= links_of(
        document, "budget/submit-budget"
    )
    assert links_of(document, "import/costs", "200") == links_of(document, "budget/post-cost")
    for service in rooms.services():
        heard = {
            path.rpartition("/")[2]
            for path, methods in document["paths"].items()
            if path.rpartition("/")[0] == PREFIX and service in methods.get("get", {}).get(LOGS, ())
        }
        commands = [
            path.removeprefix(f"{PREFIX}/")
            for path, methods in document["paths"].items()
            if methods.get("post", {}).get("tags") == [service]
        ]
        assert commands
        for command in commands:
            assert links_of(document, command) == heard & set(document["components"]["links"])


def test_a_link_gives_the_query_its_production_and_the_token_of_the_answer(
    document: dict[str, Any],
) -> None:
    operations = {
        operation["operationId"]: operation
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    for link in document["components"]["links"].values():
        names = {one["name"] for one in operations[link["operationId"]]["parameters"]}
        assert {name.partition(".")[2] for name in link["parameters"]} == {"production", "after"}
        assert {"production", "after"} <= names
        assert link["parameters"]["query.after"] == "$response.body#/token"
