"""`reel trail` as somebody whom not every log is for."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from events.approval import Role
from events.contract import FEES_ARE_FOR
from runtime import rooms
from runtime.cli import app, trail
from runtime.cli.client import Refused

pytestmark = pytest.mark.unit

NOT_FOR_HIM = "the trail of contract is for producer; you are director"


class House:
    """Answers with empty trails, and refuses what `refusals` names."""

    refusals: ClassVar[dict[str, tuple[int, str]]] = {}

    @classmethod
    def of(cls, url: str | None, name: str | None) -> "House":
        return cls()

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pages(self, path: str, items: str) -> Iterator[dict[str, Any]]:
        status, code = self.refusals.get(path.split("/")[-2], (200, ""))
        if code:
            raise Refused(status, {"code": code, "detail": NOT_FOR_HIM})
        return iter(())


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
