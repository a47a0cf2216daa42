"""What scenes need, how boards are laid, and when the days of the chosen one fall."""

from tests.journey.naive.telling import Fact, Row, Tables, day, row, rows

OF_ELEMENTS = (
    "element",
    "category",
    "name",
    "board_id",
    "is_cast",
    "allow_hold",
    "allow_drop",
    "drop_days_min",
)


def hear(tables: Tables, fact: Fact) -> None:
    """Changes the rows as one fact of the schedule says."""
    if fact.log != "schedule":
        return
    says = fact.says
    match fact.name:
        case "ElementsAdded":
            for one in says["elements"]:
                known = {name: one[name] for name in OF_ELEMENTS}
                row(tables, "element", {"element": one["element"]}).update(known)
        case "BreakdownsAdded":
            for one in says["breakdowns"]:
                row(tables, "breakdown", {"breakdown": one["breakdown"]}).update(
                    eighths=one["eighths"], elements=one["elements"]
                )
        case "BoardLaid":
            laid = says["board"]
            row(tables, "board", {"board": laid["board"]}).update(
                days=laid["days"], calendar=laid["calendar"]
            )
        case "ShootDaysPlanned" | "ScheduleLocked":
            row(tables, "choice", {}).update(board=says["board"], calendar=says["calendar"])
            for before in rows(tables, "shoot_day"):
                before["expected_on"] = None
            for one in says["days"]:
                _shoot_day(tables, one["day"]).update(
                    expected_on=day(one["on"]), breakdowns=one["breakdowns"]
                )
        case "ShootDaysMoved":
            for one in says["days"]:
                _shoot_day(tables, one["day"])["expected_on"] = day(one["on"])
        case "ShootDayWrapped":
            _shoot_day(tables, says["day"])["wrapped_on"] = day(says["on"])


def _shoot_day(tables: Tables, number: int) -> Row:
    blank = {"expected_on": None, "wrapped_on": None, "breakdowns": []}
    return row(tables, "shoot_day", {"day": number}, blank)
