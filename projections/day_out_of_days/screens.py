"""The day out of days for the eye: `reel dood`."""

from collections.abc import Sequence
from typing import Any

from runtime.printing import out, show_freshness, table
from runtime.screens import Option, Pages, Screen

COLUMNS = ("No.", "Name", "Start", "Finish", "Work", "Hold", "Idle", "Drop", "Span")
BORDERS_WIDTH = 14
NOTHING = (
    "No board is chosen yet. Import a schedule or lay a board, and choose it to shoot by "
    "(schedule/choose-board), or ask about another with --board: {boards}."
)


def show_day_out_of_days(answer: dict[str, Any]) -> None:
    """A line for each element; where there is room, a letter for each of its shoot days."""
    if not answer["days"]:
        out.print(NOTHING.format(boards=", ".join(answer["boards"]) or "none is laid"))
        show_freshness(answer)
        return
    lines = answer["elements"]
    out.print(table(_title(answer), COLUMNS, [_row(line) for line in lines]))
    dates = sorted({day["on"] for day in answer["days"]})
    longest = max((len(line["name"]) for line in lines), default=0)
    if lines and len(dates) + longest + BORDERS_WIDTH <= out.width:
        days = [[line["board_id"], line["name"], _letters(line, dates)] for line in lines]
        out.print(table("Shoot day by shoot day", ("No.", "Name", "Days"), days))
        out.print("W work · H hold · I idle · - dropped", style="dim", highlight=False)
    show_freshness(answer)


def _title(answer: dict[str, Any]) -> str:
    totals = answer["totals"]
    what_if = ", what if" if answer["what_if"] else ""
    return (
        f"{answer['title']} · {answer['board']}{what_if} · {totals['shoot_days']} shoot days, "
        f"{totals['first_on']} to {totals['last_on']} · {totals['eighths']} eighths, "
        f"at most {totals['eighths_a_day_max']} a day"
    )


def _row(line: dict[str, Any]) -> list[str]:
    counts = ("work_days", "hold_days", "idle_days", "drop_days", "span_days")
    return [
        line["board_id"],
        line["name"],
        line["start"] or "",
        line["finish"] or "",
        *(str(line[name]) for name in counts),
    ]


def _letters(line: dict[str, Any], dates: Sequence[str]) -> str:
    return "".join(_letter(line["codes"].get(on)) for on in dates)


def _letter(code: str | None) -> str:
    if code is None:
        return " "
    if not code:
        return "-"
    return "W" if "W" in code else code


DOOD = Screen(
    name="dood",
    help="Who works when: the day out of days of the board shot by, or of any other.",
    path="/v1/productions/{production}/day-out-of-days",
    options=(
        Option("board", "another board than the one shot by"),
        Option("starts", "day 1 no earlier than that (YYYY-MM-DD)"),
        Option("days_off", "weekly days off, joined by commas: saturday,sunday"),
        Option("element", "the line of that element alone"),
    ),
    show=show_day_out_of_days,
    pages=Pages(items="elements"),
)

SCREENS = (DOOD,)
