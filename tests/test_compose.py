"""`docker-compose.yml` runs every room there is, and none that is not."""

from pathlib import Path

import pytest
import yaml

from runtime import rooms

COMPOSE = yaml.safe_load((Path(__file__).parent.parent / "docker-compose.yml").read_text())

pytestmark = pytest.mark.unit


def commands() -> list[list[str]]:
    return [service["command"] for service in COMPOSE["services"].values() if "build" in service]


def test_every_service_is_served_in_a_container_of_its_own():
    served = [command[1:] for command in commands() if command[0] == "serve"]
    assert sorted(served) == [[name] for name in sorted(rooms.services())]


def test_every_projection_is_kept_in_a_container_of_its_own():
    kept = [command[1:] for command in commands() if command[0] == "project"]
    assert sorted(kept) == [[name] for name in sorted(rooms.projections())]


def test_all_logs_are_relayed_and_the_schema_is_migrated_before():
    assert ["relay"] in commands()
    for name, service in COMPOSE["services"].items():
        if "build" in service and name != "migrate":
            condition = service["depends_on"]["migrate"]["condition"]
            assert condition == "service_completed_successfully", name
