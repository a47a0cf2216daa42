"""`reel explain` and `reel diff`: trees and tables of what the queries answer."""

import json
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from runtime.cli import app, explaining

pytestmark = pytest.mark.unit

LUCILLE = "person-27f55033-50c0-8d2e-a1f4-6b1d0c5e9a77"
POSTED = {
    "log": "budget",
    "position": 14,
    "id": "0a",
    "type": "budget.CostPosted",
    "recorded_at": "2026-09-12T09:30:00.000001+00:00",
    "actor": LUCILLE,
    "actor_name": "Lucille Abara",
    "reason": None,
    "data": {"posting": "INV-1", "amount": "48750.00", "description": "Lantern room"},
}
TAKEN_BACK = POSTED | {
    "id": "0b",
    "position": 15,
    "type": "budget.CostReversed",
    "reason": "Invoiced twice",
}
WITHHELD = POSTED | {"id": "0c", "log": "contract", "data": None, "actor_name": None}
SEAL = "a sealed name " * 9
MOMENT = {"as_of": "2026-10-02T18:00:00+00:00", "vector": "budget:0:15", "effective": None}
ABOUT = {"title": "The Last Lighthouse", "currency": "USD", "moment": MOMENT, "freshness": []}


def figure(name: str, value: str | None, **more: Any) -> dict[str, Any]:
    plain = {"unit": "USD", "formula": None, "told": "here", "terms": [], "facts": []}
    return {"name": name, "label": f"What {name} is", "value": value, "facts_before": 0} | (
        plain | more
    )


def effect(before: str | None, after: str) -> dict[str, Any]:
    return {"row": "account 2302", "column": "cost_to_date", "before": before, "after": after}


COST = figure(
    "cost",
    "0.00",
    facts_before=3,
    facts=[
        {"fact": "0a", "effects": [effect("0", "48750.00")]},
        {"fact": "0b", "effects": [effect("48750.00", SEAL)]},
        {"fact": "0c", "effects": []},
    ],
)
EXPLAINED = ABOUT | {
    "figure": figure(
        "efc",
        "75250.00",
        formula="total cost + ETC",
        terms=[
            COST,
            figure("cost", "0.00", told="above"),
            figure("etc", None, told="apart"),
            figure("paid", "0.00"),
        ],
    ),
    "facts": [POSTED, TAKEN_BACK, WITHHELD],
}
LONG = "approval/" + "d52f33d1-" * 11 + "asked_on"
SAID = "Approval of the keeper's deal, version 1: asked on"
ETC = figure("etc", "7", unit="working days")
ROW = {"name": "cost", "label": "Cost to date", "unit": "USD", "before": None, "after": "48750.00"}


class House:
    """Answers with one explanation, and with two pages of names and of changes."""

    asked: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    @classmethod
    def of(cls, url: str | None, name: str | None) -> "House":
        return cls()

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        given = {name: value for name, value in query.items() if value is not None}
        self.asked.append((path, given))
        if "/explain/" in path:
            return EXPLAINED
        last = "cursor" in given
        page = {"next": None if last else "cost"}
        if "/figures/" in path:
            return ABOUT | page | {"rows": [ETC if last else figure(LONG, "-1234.50", label=SAID)]}
        rows = [ROW | {"label": "ETC", "facts": ["0b"]} if last else ROW | {"facts": ["0a", "0b"]}]
        return (
            ABOUT
            | page
            | {
                "since": {"as_of": "2026-09-10"},
                "rows": rows,
                "facts": [TAKEN_BACK] if last else [POSTED, TAKEN_BACK],
            }
        )


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> type[House]:
    monkeypatch.setattr(explaining, "Client", House)
    monkeypatch.setattr(House, "asked", [])
    return House


def reel(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_a_tree_shows_label_value_formula_and_facts(house: type[House]) -> None:
    done = reel("explain", "budget", "6f0c", "efc")
    assert done.exit_code == 0, done.output
    assert house.asked == [
        ("/v1/productions/6f0c/explain/budget-status", {"figure": "efc"}),
    ]
    lines = [line.strip("│├└─ ") for line in done.stdout.splitlines()]
    assert lines[0] == "What efc is = 75,250.00 USD  (total cost + ETC)"
    assert "What cost is = 0.00 USD" in lines and "What cost is = 0.00 USD  as above" in lines
    assert "What etc is = none USD" in lines and "it goes on: ask for etc" in lines
    assert "What paid is = 0.00 USD  no fact yet" in lines
    assert "and 3 facts before these" in lines
    (posted,) = [
        line for line in lines if "CostPosted by Lucille Abara" in line and "budget 14" in line
    ]
    assert posted.startswith("2026-09-12 09:30") and "cost_to_date 0 → 48,750.00" in posted
    assert posted.endswith("posting INV-1, amount 48,750.00")
    printed = " ".join(lines)  # What is too long for a line goes on in the next.
    reversed_ = printed[printed.index("CostReversed") :]
    assert "“Invoiced twice”" in reversed_ and "… " in reversed_ and SEAL not in reversed_
    assert f"by {LUCILLE}  contract 14  not for your roles" in printed


def test_without_a_figure_all_are_listed_from_every_page(house: type[House]) -> None:
    done = reel("explain", "budget", "6f0c", "--as-of", "2026-10-02")
    assert done.exit_code == 0, done.output
    cells = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines()]
    rows = [row[1:-1] for row in cells if len(row) > 3]
    assert "".join(row[0] for row in rows) == f"{LONG}etc"
    assert [row[1] for row in rows if row[1]] == [SAID, "What etc is"]
    assert [row[2:] for row in rows if row[2]] == [["(1,234.50)", "USD"], ["7", "working days"]]
    headings = done.stdout[: done.stdout.index("etc")]
    assert all(heading in headings for heading in ("Figure", "What", "Value", "Unit"))
    assert [query for _, query in house.asked] == [
        {"as_of": "2026-10-02"},
        {"as_of": "2026-10-02", "cursor": "cost"},
    ]


def test_a_difference_prints_rows_and_the_facts_that_they_name(house: type[House]) -> None:
    done = reel("diff", "budget", "6f0c", "--from", "2026-09-10")
    assert done.exit_code == 0, done.output
    (cost,) = [line for line in done.stdout.splitlines() if "Cost to date" in line]
    assert [cell.strip() for cell in cost.split("│")[1:-1]] == [
        "Cost to date", "none", "48,750.00", "USD", "1, 2"
    ]  # fmt: skip
    assert "Lucille Abara" in done.stdout and LUCILLE not in done.stdout
    for heading in ("Before", "After", "Unit", "Facts", "No."):
        assert heading in done.stdout
    assert "budget.CostReversed" in done.stdout and "Invoiced twice" in done.stdout
    assert "Since 2026-09-10" in done.stdout
    first, second = [query for _, query in house.asked]
    assert first == {"from": "2026-09-10"}
    assert second == {"from": "2026-09-10", "cursor": "cost", "as_of": MOMENT["as_of"]}


@pytest.mark.parametrize(
    "words", [("explain", "budget", "6f0c", "efc"), ("explain", "budget", "6")]
)
def test_json_passes_through(words: tuple[str, ...]) -> None:
    answer = json.loads(reel(*words, "--json").stdout)
    assert answer["title"] == "The Last Lighthouse"


def test_json_of_a_difference_has_all_pages() -> None:
    answer = json.loads(reel("diff", "budget", "6f0c", "--from", "2026-09-10", "--json").stdout)
    assert [row["label"] for row in answer["rows"]] == ["Cost to date", "ETC"]
    assert [fact["id"] for fact in answer["facts"]] == ["0a", "0b"]


@pytest.mark.parametrize(
    ("model", "cure"),
    [("weather", "it is one of budget-status, contracts"), ("", "write more of the name")],
)
def test_a_read_model_that_there_is_not_is_refused_with_the_cure(model: str, cure: str) -> None:
    done = reel("explain", model, "6f0c")
    assert (done.exit_code, cure in " ".join(done.stderr.split())) == (2, True), done.stderr
