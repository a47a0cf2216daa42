"""Figures for the eye: explained as a tree, and what changed as a table beside its facts."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.text import Text
from rich.tree import Tree

from runtime.people.names import called
from runtime.printing import amount, out, show_freshness, table

Facts = Mapping[str, dict[str, Any]]
"""Facts as they are told, by their ids."""
SHOWN_MAX = 60
"""Characters of a value that a line of a tree shows; `--json` has all."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WITH_CENTS = re.compile(r"-?\d+\.\d\d")


def show_names(answer: dict[str, Any]) -> None:
    """What can be explained, and what it is worth."""
    if not answer["rows"]:
        out.print("There is no figure yet that could be explained.")
        return
    rows = [
        [one["name"], one["label"], _cell(one["value"], one, answer, ""), one["unit"]]
        for one in answer["rows"]
    ]
    title = f"{answer['title']} · what can be explained"
    out.print(table(title, ("Figure", "What", "Value", "Unit"), rows))
    show_freshness(answer)


def show_figure(answer: dict[str, Any]) -> None:
    """A figure over its terms, down to the facts."""
    facts = {fact["id"]: fact for fact in answer["facts"]}
    currency = answer["currency"]
    tree = Tree(_line(answer["figure"], currency))
    _grow(tree, answer["figure"], facts, currency)
    out.print(tree)
    show_freshness(answer)


def _grow(tree: Tree, figure: dict[str, Any], facts: Facts, currency: str) -> None:
    for term in figure["terms"]:
        _grow(tree.add(_line(term, currency)), term, facts, currency)
    if figure["told"] == "apart":
        tree.add(Text(f"it goes on: ask for {figure['name']}", "dim"))
    if figure["facts_before"]:
        tree.add(Text(f"and {figure['facts_before']} facts before these", "dim"))
    for one in figure["facts"]:
        tree.add(_fact(facts[one["fact"]], one["effects"], figure["unit"] == currency))


def _line(figure: dict[str, Any], currency: str) -> Text:
    value = "none" if figure["value"] is None else figure["value"]
    if figure["unit"] == currency:
        value = _with_separators(value)
    said = Text.assemble(f"{figure['label']} = ", (f"{value} {figure['unit']}".strip(), "bold"))
    if figure["told"] == "above":
        return said.append("  as above", "dim")
    if figure["formula"]:
        said.append(f"  ({figure['formula']})", "dim")
    if figure["told"] == "here" and not figure["terms"] and not figure["facts"]:
        said.append("  no fact yet", "dim")
    return said


def _fact(fact: dict[str, Any], effects: list[dict[str, Any]], is_money: bool) -> Text:
    when = fact["recorded_at"][:16].replace("T", " ")
    said = Text.assemble(
        (f"{when} ", "dim"),
        f"{fact['type'].partition('.')[2]} by {_actor(fact)}",
        (f"  {fact['log']} {fact['position']}", "dim"),
    )
    for effect in effects:
        moved = (_short(effect[when]) for when in ("before", "after"))
        shown = " → ".join(map(_with_separators, moved) if is_money else moved)
        said.append(f"  {effect['column']} {shown}", "cyan")
    if fact["reason"]:
        said.append(f"  “{fact['reason']}”")
    elif document := _document(fact):
        said.append(f"  {document}", "italic")
    return said


def _document(fact: dict[str, Any]) -> str:
    """What the fact itself says that it is about: its first references."""
    data = fact["data"]
    if data is None:
        return "not for your roles"
    return ", ".join(
        f"{name} {_with_separators(value)}"
        for name, value in data.items()
        if isinstance(value, str) and name not in ("reason", "description") and len(value) < 40
    )


def _actor(fact: dict[str, Any]) -> str:
    return called(fact["actor"], fact["actor_name"])


def _cell(value: str | None, figure: dict[str, Any], answer: dict[str, Any], none: str) -> Text:
    """A value in a table: numbers to the right, amounts as the cost report has them."""
    if value is None:
        return Text(none)
    if not _NUMBER.fullmatch(value):
        return Text(_short(value))
    shown = amount(Decimal(value)) if figure["unit"] == answer["currency"] else Text(value)
    shown.justify = "right"
    return shown


def _with_separators(value: str) -> str:
    return amount(Decimal(value)).plain if _WITH_CENTS.fullmatch(value) else value


def _short(value: str | None) -> str:
    if value is None:
        return "none"
    return value if len(value) <= SHOWN_MAX else f"{value[: SHOWN_MAX - 1]}…"


def show_difference(answer: dict[str, Any]) -> None:
    """The figures that changed, and the facts that changed them."""
    if not answer["rows"]:
        out.print("Nothing changed between the two.")
    else:
        order = {fact["id"]: n for n, fact in enumerate(answer["facts"], start=1)}
        rows = [
            [
                one["label"],
                _cell(one["before"], one, answer, "none"),
                _cell(one["after"], one, answer, "none"),
                one["unit"],
                ", ".join(str(order[id_]) for id_ in one["facts"]),
            ]
            for one in answer["rows"]
        ]
        title = f"{answer['title']} · what changed"
        out.print(table(title, ("Figure", "Before", "After", "Unit", "Facts"), rows))
        facts = [
            [
                str(order[one["id"]]),
                one["recorded_at"][:19].replace("T", " "),
                one["type"],
                _actor(one),
                f"{one['log']} {one['position']}",
                one["reason"] or _document(one),
            ]
            for one in answer["facts"]
        ]
        columns = ("No.", "Recorded (UTC)", "What", "Who", "Where", "Why")
        out.print(table("By these facts", columns, facts, whole=("What", "Where")))
    out.print(f"Since {answer['since']['as_of']}", style="bold", highlight=False)
    show_freshness(answer)
