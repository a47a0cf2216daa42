"""The API's own description: whole, and with an example for every command that it takes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from runtime import rooms
from runtime.decider import Command, kebab
from tests.http.film import ABOUT, NAMES
from tests.http.instance import Instance

pytestmark = pytest.mark.integration

HEALTH = ("/livez", "/readyz", "/metrics")
PREFIX = "/v1/productions/{production}"

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document(instance: Instance) -> dict[str, Any]:
    answer = httpx.get(f"{instance.url}/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def given_by_people() -> list[tuple[str, type[Command]]]:
    return [
        (service.name, command)
        for service in rooms.services().values()
        for command in service.commands
        if command.MAY or command.OPENS
    ]


def everything_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from everything_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from everything_in(inner)


def test_the_document_is_openapi_3_1_and_every_reference_in_it_leads_somewhere(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.1.")
    assert set(document["info"]) >= {"title", "version", "description"}
    references = {one["$ref"] for one in everything_in(document) if "$ref" in one}
    assert len(references) > 30
    for reference in references:
        node: Any = document
        assert reference.startswith("#/")
        for step in reference[2:].split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]


def test_every_operation_is_whole(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        assert method in ("get", "post"), path
        assert operation["summary"] and operation["tags"], path
        named = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), path
        for status, response in operation["responses"].items():
            assert re.fullmatch("[2-5][0-9][0-9]", status) and "description" in response, path
        assert ("requestBody" in operation) == (method == "post"), path


def test_everything_but_health_asks_for_a_token(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert [(one["type"], one["scheme"]) for one in schemes.values()] == [("http", "bearer")]
    for _, path, operation in operations(document):
        asked = [name for requirement in operation.get("security", ()) for name in requirement]
        assert set(asked) == (set() if path in HEALTH else set(schemes)), path
        if path not in HEALTH:
            assert {"401", "503"} <= set(operation["responses"]), path


def test_every_command_that_people_give_has_one_endpoint(document: dict[str, Any]) -> None:
    posts = sorted(path for method, path, _ in operations(document) if method == "post")
    commands = [f"{PREFIX}/{room}/{kebab(one.__name__)}" for room, one in given_by_people()]
    files = [f"{PREFIX}/import/{what}" for s in rooms.services().values() for what in s.imports]
    assert posts == sorted(commands + files)
    assert len(posts) >= 8 + 14 + 2


def test_a_trail_that_is_not_for_the_whole_team_says_so(document: dict[str, Any]) -> None:
    for name, service in rooms.services().items():
        told = document["paths"][f"{PREFIX}/{name}/trail"]["get"]["responses"]
        assert ("403" in told) == (service.trail_for is not None), name


def test_every_command_has_an_example_of_the_sample_film_that_it_takes(
    document: dict[str, Any],
) -> None:
    for room, command in given_by_people():
        operation = document["paths"][f"{PREFIX}/{room}/{kebab(command.__name__)}"]["post"]
        content = operation["requestBody"]["content"]["application/json"]
        schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        assert schema["title"] == command.__name__
        assert schema["additionalProperties"] is False
        assert (
            set(schema.get("required", ()))
            <= set(content["example"])
            <= set(schema.get("properties", ()))
        )
        taken = command.model_validate_json(json.dumps(content["example"]))
        assert command.model_validate(taken.model_dump()) == taken
        assert operation["description"].startswith(operation["summary"])
        roles = operation["description"].rpartition("May: ")[2].rstrip(".")
        assert roles == (", ".join(sorted(command.MAY)) or "anybody with a token")
        assert {"200", "201", "400", "403", "404", "409", "413", "422"} <= set(
            operation["responses"]
        )


def test_the_examples_tell_of_the_one_remembered_film(document: dict[str, Any]) -> None:
    bodies = {
        path.rpartition("/")[2]: operation["requestBody"]["content"]["application/json"]["example"]
        for method, path, operation in operations(document)
        if method == "post" and "/import/" not in path
    }
    opened = bodies["open-production"]
    assert {opened[name] == ABOUT[name] for name in ("title", "kind", "currency")} == {True}
    assert opened["name"] == NAMES["executive-producer"]
    assert bodies["appoint-person"]["name"] == NAMES["production-accountant"]
    assert bodies["post-cost"]["commitment"] == bodies["raise-commitment"]["commitment"]


def test_the_examples_of_policies_commands_are_taken_too() -> None:
    budget = rooms.services()["budget"]
    for command in budget.commands:
        example = json.dumps(budget.examples[command])
        assert command.model_validate_json(example).model_dump_json(exclude_unset=True)


def test_problems_are_described(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Problem"]
    assert set(schema["properties"]) == {"type", "title", "status", "code", "detail", "problems"}


def test_the_page_of_documents_opens(instance: Instance) -> None:
    answer = httpx.get(f"{instance.url}/docs")
    assert answer.status_code == 200 and "/openapi.json" in answer.text
