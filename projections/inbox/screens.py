"""What waits, for the eye: `reel inbox`."""

from decimal import Decimal
from typing import Any

from rich.text import Text

from runtime.printing import amount, out, show_freshness, table
from runtime.screens import Option, Question, Screen

NOTHING = "Nothing waits for you. `--all` shows what waits for anybody on a production."


def show_inbox(inbox: dict[str, Any]) -> None:
    """What waits on one production, the oldest first."""
    _show(inbox, whose=False)


def show_inboxes(inbox: dict[str, Any]) -> None:
    """What waits on every production that the caller is on."""
    _show(inbox, whose=True)


def _show(inbox: dict[str, Any], whose: bool) -> None:
    if not inbox["rows"]:
        out.print(NOTHING if inbox["mine"] else "Nothing waits for anybody.")
    else:
        heading = "What waits for you" if inbox["mine"] else "What waits for whom"
        columns = ["Since", "Due", "What", "For", "Why", "Blocks", "Do"]
        rows = [_row(one) for one in inbox["rows"]]
        if whose:
            columns.insert(0, "Production")
            rows = [[one["title"], *row] for one, row in zip(inbox["rows"], rows, strict=True)]
        out.print(table(heading, columns, rows))
        out.print("`--json` tells the path and the body of each command.", style="dim")
    show_freshness(inbox)


def _row(one: dict[str, Any]) -> list[str | Text]:
    worth = f" ({amount(Decimal(one['amount']))} {one['currency']})" if one["amount"] else ""
    asked = one["asked_by"]
    asked_by = f", asked by {asked['name'] or asked['person']}" if asked else ""
    return [
        str(one["since"])[:10],
        Text(one["due_on"] or "", style="red" if one["overdue"] else ""),
        f"{one['kind']}: {_subject(one)}{worth}",
        _whom(one),
        one["why"] + asked_by,
        one["blocks"] or "",
        " or ".join(todo["command"] for todo in one["todo"]),
    ]


def _subject(one: dict[str, Any]) -> str:
    subject = one["subject"]
    version = f" version {subject['version']}" if subject["version"] else ""
    kind = "" if subject["kind"] == subject["name"] else f"{subject['kind']} "
    return f"{kind}{subject['name']}{version}"


def _whom(one: dict[str, Any]) -> str:
    if (party := one["for_party"]) is not None:
        return str(party["name"] or party["person"])
    people = [
        (person["name"] or person["person"]) + _in_whose_place(person)
        for person in one["for_people"]
    ]
    return ", ".join(people) or "nobody: " + " or ".join(one["for_roles"])


def _in_whose_place(person: dict[str, Any]) -> str:
    whose = person["in_place_of_name"] or person["in_place_of"]
    return f" (for {whose})" if whose else ""


SCREENS = (
    Screen(
        name="inbox",
        help="What waits for whom, since when and why; of one production, or of all you are on.",
        path="/v1/productions/{production}/inbox",
        options=(
            Option(
                "all",
                "what waits for anybody, not only for you",
                kind=bool,
                asks=("mine", "false"),
            ),
        ),
        show=show_inbox,
        of_all=Question("/v1/inbox", show_inboxes, takes_options=True),
    ),
)
