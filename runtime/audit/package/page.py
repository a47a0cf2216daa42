"""The page that is opened first: `index.html`, for reading and printing, without script or link."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runtime.audit.package.approvals import approvals
from runtime.audit.package.facts import facts
from runtime.audit.package.history import History
from runtime.audit.package.people import people
from runtime.people.names import called, names_of
from runtime.people.vault import Sealer
from runtime.sheets import Cell, Sheet

_DATED = re.compile(r"\d{4}-\d\d-\d\d( to |$)")


@dataclass(frozen=True)
class Seal:
    """What the page says of heads and key: the lines themselves, and the id to compare."""

    key: str
    lines: Sequence[Mapping[str, Any]]


async def page(history: History, sheets: Sequence[Sheet], seal: Seal, vault: Sealer) -> str:
    """The page. Names are opened here, and say [erased] where their key was destroyed."""
    told = [recorded for recorded in history.in_order if recorded.log not in history.left_out]
    names = await vault.open_all(names_of(told))

    def by_name(person: str) -> str:
        return called(person, names.get(person))

    opened = await vault.open_all(
        {
            "sheets": [
                asdict(sheet) for sheet in (*sheets, approvals(told, by_name), people(told))
            ],
            "facts": [asdict(fact) for fact in facts(told, by_name)],
        }
    )
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            history=history,
            opened=history.opened,
            moment={log: history.ends[log] for log in sorted(history.handed_over)},
            left_out=history.left_out,
            glance=[figure for sheet in sheets for figure in sheet.glance],
            sheets=opened["sheets"],
            facts=opened["facts"],
            seal=seal,
        )
    )


def environment() -> Environment:
    """Templates in which everything is escaped and nothing is missing unnoticed."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"cell": shown, "moment": shown_moment}
    made.tests |= {
        "amount": lambda cell: isinstance(cell, Decimal),
        "dated": lambda cell: isinstance(cell, date) or bool(_DATED.match(str(cell))),
    }
    return made


def shown(value: Cell) -> str | Markup:
    """A cell as the trade writes it."""
    match value:
        case None:
            return ""
        case Decimal():
            text = format_decimal(value, "#,##0.00##;(#,##0.00##)", locale="en")
            return Markup('<span class="over">{}</span>').format(text) if value < 0 else text
        case datetime():
            return shown_moment(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def shown_moment(value: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{value:%Y-%m-%d %H:%M:%S}"
