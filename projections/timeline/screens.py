"""The timeline for the eye: `reel timeline`."""

from typing import Any

from rich.text import Text

from projections.timeline.kinds import ItemKind
from runtime.printing import out, show_freshness, table
from runtime.screens import Option, Pages, Screen

COLUMNS = ("Date", "What", "", "Baseline", "Slip", "Slack", "Status", "Why")
NOTHING = (
    "Nothing has a date yet. Set a milestone (schedule/set-milestone), or choose a board to shoot "
    "by (schedule/choose-board)."
)


def show_timeline(timeline: dict[str, Any]) -> None:
    """What happens when; below it what conflicts, what is behind and what will cost more."""
    if not timeline["items"]:
        out.print(NOTHING)
    else:
        out.print(table(_title(timeline), COLUMNS, [_row(item) for item in timeline["items"]]))
        out.print("* = critical: it may not slip without moving the end.", style="dim")
    for conflict in timeline["conflicts"]:
        days = f" ({', '.join(conflict['days'])})" if conflict["days"] else ""
        _warn(f"Conflict: {conflict['title']}: {conflict['problem']}{days}")
    behind = timeline["behind"]
    if behind is not None:
        _say_behind(behind)
    for overage in timeline["overages"]:
        _warn(
            f"Overage {overage['number']} is undecided: {overage['amount']} "
            f"{timeline['currency']}, {overage['cause']}"
        )
    show_freshness(timeline)


def _title(timeline: dict[str, Any]) -> str:
    summary = timeline["summary"]
    marks = [
        f"{name} {mark['forecast']}{_slip_in_brackets(mark['slip_days'])}"
        for name, mark in (
            ("photography", summary["photography_start"]),
            ("wrap", summary["wrap"]),
            ("delivery", summary["delivery"]),
        )
        if mark["forecast"]
    ]
    shot = (
        f"{summary['shoot_days_wrapped']} of {summary['shoot_days_planned']} shoot days, "
        f"{summary['pages_shot']} of {summary['pages_planned']} pages"
    )
    return " · ".join([timeline["title"], *marks, shot])


def _row(item: dict[str, Any]) -> list[str | Text]:
    slack = item["total_slack_days"]
    return [
        _when(item["forecast"]),
        item["name"],
        Text("*", style="bold red") if item["critical"] else "",
        _measured_at(item),
        Text(_slip(item["slip_days"]), style="red" if (item["slip_days"] or 0) > 0 else ""),
        "" if slack is None else str(slack),
        item["status"] + _pages(item),
        item["reason"] or (f"after {item['driven_by']}" if item["driven_by"] else ""),
    ]


def _when(span: dict[str, Any] | None) -> str:
    if span is None:
        return ""
    starts, ends = span["starts_on"], span["ends_on"]
    if starts == ends:
        return str(starts)
    if starts and ends and starts[:4] == ends[:4]:
        return f"{starts} – {ends[5:]}"
    return f"{starts or ''} – {ends or ''}"


def _measured_at(item: dict[str, Any]) -> str:
    """The day from which the slip is counted."""
    baseline = item["baseline"]
    if baseline is None:
        return ""
    at = "starts_on" if item["kind"] == ItemKind.RELEASE_WINDOW else "ends_on"
    return str(baseline[at] or "")


def _pages(item: dict[str, Any]) -> str:
    if item["kind"] != ItemKind.SHOOT_DAY or item["detail"]["pages_shot"] is None:
        return ""
    return f", {item['detail']['pages_shot']} of {item['detail']['pages_planned']}"


def _slip(days: int | None) -> str:
    return "" if not days else f"{days:+d}"


def _slip_in_brackets(days: int | None) -> str:
    return f" ({days:+d})" if days else ""


def _say_behind(behind: dict[str, Any]) -> None:
    if behind["eighths"] > 0:
        _warn(
            f"Behind after shoot day {behind['after_day']}: {behind['pages']} pages, "
            f"{behind['days']} average days"
        )
    elif behind["eighths"] < 0:
        ahead = behind["pages"].removeprefix("-")
        out.print(f"Ahead after shoot day {behind['after_day']}: {ahead} pages")


def _warn(text: str) -> None:
    out.print(Text(text, style="red"))


TIMELINE = Screen(
    name="timeline",
    help="What happens when, what has slipped, and what it moves.",
    path="/v1/productions/{production}/timeline",
    options=(
        Option("kind", "only that kind of thing", choices=tuple(ItemKind)),
        Option("from", "only from that day on (YYYY-MM-DD)"),
        Option("until", "only until that day (YYYY-MM-DD)"),
    ),
    show=show_timeline,
    pages=Pages(items="items"),
)

SCREENS = (TIMELINE,)
