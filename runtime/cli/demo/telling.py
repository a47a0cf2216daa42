"""What the demo shows at its end, as the rooms' own screens show it."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from runtime import rooms
from runtime.printing import out
from runtime.screens import Screen


def screen(name: str) -> Screen:
    """The screen that `reel <name>` shows."""
    return next(one for of_room in rooms.screens().values() for one in of_room if one.name == name)


def status_path(production: str) -> str:
    """The query of the production's cost report."""
    return screen("status").path.format(production=production)


def show(shown: dict[str, Any]) -> None:
    """The cost report, the dates, what waits, and whether the chains hold."""
    screen("status").show(shown["final_status"])
    out.print(_before(shown), highlight=False)
    screen("timeline").show(shown["timeline"])
    screen("inbox").show(shown["inbox"])
    out.print(shown["audit"], highlight=False)


def _before(shown: dict[str, Any]) -> str:
    total = shown["status"]["total"]
    return (
        f"After the fifth week: approved {_amount(total['approved'])}, total cost "
        f"{_amount(total['total_cost'])}, EFC {_amount(total['efc'])}, under "
        f"{_amount(total['variance'])}"
    )


def _amount(value: str) -> str:
    return str(format_decimal(Decimal(value), "#,##0.00", locale="en"))
