"""`reel audit readings` and `reel erase`, as they speak to whoever calls them."""

import json
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from events.names import HOUSE
from runtime.cli import app, people
from runtime.cli.audit import readings

pytestmark = pytest.mark.unit

ROW = {
    "id": 7,
    "at": "2026-09-14T11:00:00.123456+00:00",
    "person": "person-noor",
    "roles": ["financier"],
    "what": "contract",
    "subject": "2b7d90c4-6e1f-8a35-b8c2-71f0d4a96e53",
    "status": 403,
    "correlation": "c-1",
}
ERASED = {"data": {"key": "8f1c04d27ab3e596"}}


class House:
    """Answers two pages of readings and one erasure, and remembers what it was asked."""

    asked: ClassVar[list[tuple[str, Any]]] = []
    erased: ClassVar[list[dict[str, Any]]] = [ERASED]

    @classmethod
    def of(cls, url: str | None, name: str | None) -> "House":
        return cls()

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        self.asked.append((path, query))
        first = query.get("cursor") is None
        return {"production": "6f0c", "rows": [ROW], "next": 7 if first else None}

    def command(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((path, body))
        return {"events": self.erased, "token": None}


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> type[House]:
    monkeypatch.setattr(House, "asked", [])
    monkeypatch.setattr(readings, "Client", House)
    monkeypatch.setattr(people, "Client", House)
    return House


def reel(*words: str, answer: str = "") -> Any:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(words), input=answer)


def test_readings_of_all_pages_are_shown_with_who_looked_at_what_and_was_refused() -> None:
    done = reel("audit", "readings", "6f0c", "--as", "Noor", "--since", "2026-09-01")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("person-noor") == 2 and "2026-09-14 11:00:00" in done.stdout
    assert "refused: not his role" in done.stdout
    path, query = House.asked[0]
    assert path == "/v1/productions/6f0c/readings"
    assert (query["since"], query["person"]) == ("2026-09-01T00:00:00Z", None)


def test_readings_are_printed_for_programs_as_the_api_tells_them() -> None:
    done = reel("audit", "readings", "6f0c", "--person", "person-noor", "--json")
    assert json.loads(done.stdout)["rows"] == [ROW, ROW]
    assert House.asked[0][1]["person"] == "person-noor"


def test_an_erasure_is_asked_about_before_it_is_given() -> None:
    words = ("erase", "lucille", "--reason", "objection")
    hesitating = reel(*words, answer="n\n")
    assert hesitating.exit_code == 1 and House.asked == []
    assert "nobody can take it back" in hesitating.output
    done = reel(*words, answer="y\n")
    assert done.exit_code == 0 and "key 8f1c04d27ab3e596 of lucille is destroyed" in done.output
    [(path, body)] = House.asked
    assert path == f"/v1/productions/{HOUSE}/approval/erase-person"
    assert body == {"person": "lucille", "ground": "objection"}


def test_an_erasure_of_somebody_for_whom_nothing_is_sealed_says_so(
    house: type[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "erased", [])
    done = reel("erase", "lucille", "--reason", "unlawful-processing", "--yes")
    assert done.exit_code == 0 and "Nothing is sealed for lucille" in done.stdout


def test_an_erasure_takes_no_reason_of_its_own() -> None:
    done = reel("erase", "lucille", "--reason", "Lucille asked for it", "--yes")
    assert done.exit_code == 2 and House.asked == []
