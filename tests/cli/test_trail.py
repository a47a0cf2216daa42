"""`reel trail` as somebody whom not every log is for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from events.approval import Role
from events.contract import FEES_ARE_FOR
from events.personal import ERASED
from runtime import rooms
from runtime.cli import app, trail
from runtime.cli.client import Refused
from runtime.web.facts import fact
from tests.explaining.film import spent
from tests.projections.histories import told

pytestmark = pytest.mark.unit

PERSON = "person-27f55033-50c0-8d2e-a1f4-6b1d0c5e9a77"
NOT_FOR_HIM = "the trail of contract is for producer; you are director"


class House:
    """Answers with empty trails, and refuses what `refusals` names."""

    refusals: ClassVar[dict[str, tuple[int, str]]] = {}
    entries: ClassVar[list[dict[str, Any]]] = []

    @classmethod
    def of(cls, url: str | None, name: str | None) -> "House":
        return cls()

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pages(self, path: str, items: str) -> Iterator[dict[str, Any]]:
        log = path.split("/")[-2]
        status, code = self.refusals.get(log, (200, ""))
        if code:
            raise Refused(status, {"code": code, "detail": NOT_FOR_HIM})
        return iter([one for one in self.entries if one["log"] == log])


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> type[House]:
    monkeypatch.setattr(trail, "Client", House)
    monkeypatch.setattr(House, "refusals", {"contract": (403, "role-missing")})
    return House


def reel(*words: str) -> Any:
    return CliRunner().invoke(app, ["trail", "6f0c", "--as", "Ingrid", *words])


def test_logs_that_are_not_for_the_caller_are_named_and_the_others_told(house: type[House]) -> None:
    done = reel("--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["withheld"] == {"contract": NOT_FOR_HIM}
    printed = " ".join(reel().stdout.split())
    assert "Trail" in printed and f"Not told of the contract log: {NOT_FOR_HIM}" in printed


def entry(position: int, actor_name: str | None) -> dict[str, Any]:
    (recorded,) = told("budget", spent(f"INV-{position}", "2302", date(2026, 9, 15), "1"))
    return {
        **fact(replace(recorded, actor=PERSON, position=position)),
        "actor_name": actor_name,
        "log": "budget",
        "recorded_at_us": recorded.recorded_at_us,
        "causation": None,
        "hops": 0,
        "correlation": "c",
        "command_id": recorded.command_id,
    }


def test_who_did_it_is_named_and_an_id_stands_there_whole(
    house: type[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Ingrid Halvorsen Pike", None, ERASED)
    entries = [entry(number, name) for number, name in enumerate(names, 1)]
    monkeypatch.setattr(House, "entries", entries)
    done = reel("--no-verify")
    assert done.exit_code == 0, done.output
    found: list[str] = []
    for row in (line.split("│") for line in done.stdout.splitlines()):
        if len(row) > 5 and row[4].strip():
            found.append("")
        if len(row) > 5:
            found[-1] += row[3].strip()
    named, unknown, erased = ("".join(one.split()) for one in found)
    assert (named, unknown) == ("IngridHalvorsenPike", PERSON)
    assert erased == f"{ERASED}{PERSON}"


def test_a_log_that_was_asked_for_by_name_is_refused(house: type[House]) -> None:
    done = reel("--service", "contract")
    assert (done.exit_code, NOT_FOR_HIM in " ".join(done.stderr.split())) == (1, True)


def test_any_other_refusal_is_one(house: type[House], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "refusals", {"budget": (404, "no-such-production")})
    assert reel().exit_code == 1


def test_what_deals_pay_is_told_by_their_log_to_nobody_else_than_by_the_read_models() -> None:
    told = {name: service.trail_for for name, service in rooms.services().items()}
    assert told == dict.fromkeys(told, None) | {"contract": FEES_ARE_FOR}
    assert FEES_ARE_FOR < set(Role)
