"""What the timeline says of The Last Lighthouse."""

from datetime import date

import pytest

from events import contract, schedule
from events.event import Event
from events.schedule import MilestoneKind
from projections.timeline.answers import Item, Mark, Span
from projections.timeline.items import items_of, pages
from projections.timeline.kinds import ItemKind
from projections.timeline.network import network
from projections.timeline.summary import behind_of, conflicts_of, overages_of, summary_of
from projections.timeline.view import VIEW
from runtime.view import Rows
from tests.projections.telling import told
from tests.projections.timeline import lighthouse as film
from tests.projections.timeline.lighthouse import day

pytestmark = pytest.mark.unit


def rows_after(*events: Event) -> Rows:
    return VIEW.fold(told(*events))


def items_after(*events: Event) -> dict[tuple[ItemKind, str], Item]:
    rows = rows_after(*events)
    return {(item.kind, item.id): item for item in items_of(rows, network(rows))}


STORY = items_after(*film.STORY)


def on(text: str) -> Span:
    return Span(day(text), day(text))


def milestone(name: str) -> Item:
    return STORY[ItemKind.MILESTONE, name]


def test_what_waits_for_the_shoot_slips_with_it_and_says_why() -> None:
    wrap, edit = milestone("wrap"), STORY[ItemKind.TASK, "edit"]
    assert (wrap.baseline, wrap.forecast, wrap.slip_days) == (on("09-17"), on("09-22"), 3)
    assert edit.baseline == Span(day("09-18"), day("10-01"))
    assert edit.forecast == Span(day("09-23"), day("10-06"))
    delivery = milestone("delivery")
    assert (delivery.forecast, delivery.slip_days) == (on("10-06"), 3)
    for item, driver in ((wrap, "shoot-day/4"), (edit, "milestone/wrap"), (delivery, "task/edit")):
        assert item.driven_by == driver
        assert item.reason == "a storm at the lighthouse"
        assert item.status == "slipped"
        assert item.critical and item.total_slack_days == 0


def test_what_comes_on_its_own_date_is_driven_by_nothing() -> None:
    items = items_after(*film.TO_THE_LOCK, film.LOCK)
    assert items[ItemKind.MILESTONE, "wrap"].forecast == on("09-17")
    assert not any(item.driven_by or item.slip_days for item in items.values())


def test_what_waits_for_nothing_has_the_slack_until_the_end() -> None:
    poster = STORY[ItemKind.TASK, "poster"]
    assert poster.forecast == Span(day("09-21"), day("09-23"))
    assert (poster.critical, poster.total_slack_days, poster.slip_days) == (False, 9, 0)
    assert poster.status == "on-plan"


def test_shoot_days_say_what_was_shot_of_what_was_planned() -> None:
    first, third = STORY[ItemKind.SHOOT_DAY, "1"], STORY[ItemKind.SHOOT_DAY, "3"]
    assert first.detail == {
        "eighths_planned": 24,
        "pages_planned": "3",
        "eighths_shot": 13,
        "pages_shot": "1 5/8",
    }
    assert (first.status, first.actual, first.critical) == ("behind", on("09-14"), False)
    assert (third.baseline, third.forecast, third.slip_days) == (on("09-16"), on("09-21"), 3)
    assert third.reason == "a storm at the lighthouse" and third.cause is not None


def test_a_shoot_day_that_is_moved_out_of_its_order_pushes_no_other() -> None:
    swapped = schedule.ShootDaysMoved(
        day=1,
        was=day("09-14"),
        on=day("09-18"),
        reason="the tide",
        days=(schedule.DatedDay(day=1, on=day("09-18")),),
    )
    items = items_after(*film.TO_THE_LOCK, swapped)
    assert items[ItemKind.SHOOT_DAY, "2"].forecast == on("09-15")
    assert items[ItemKind.MILESTONE, "wrap"].forecast == on("09-18")
    assert items[ItemKind.MILESTONE, "photography"].forecast == on("09-15")


def moved_start(on_: str) -> schedule.MilestoneMoved:
    return schedule.MilestoneMoved(
        milestone="photography",
        kind=MilestoneKind.PHOTOGRAPHY_START,
        was=day("09-14"),
        on=day(on_),
        reason="the light is not built",
    )


def test_a_start_that_is_moved_moves_the_whole_shoot_and_what_follows() -> None:
    items = items_after(*film.TO_THE_LOCK, film.LOCK, moved_start("09-16"))
    days = [items[ItemKind.SHOOT_DAY, str(n)].forecast for n in range(1, 5)]
    assert days == [on("09-16"), on("09-17"), on("09-18"), on("09-21")]
    first, wrap = items[ItemKind.SHOOT_DAY, "1"], items[ItemKind.MILESTONE, "wrap"]
    assert (first.driven_by, first.slip_days) == ("milestone/photography", 2)
    assert (wrap.forecast, wrap.reason) == (on("09-21"), "the light is not built")
    assert items[ItemKind.MILESTONE, "photography"].critical


def test_a_first_day_that_is_moved_moves_the_start() -> None:
    whole = schedule.ShootDaysMoved(
        day=1,
        was=day("09-14"),
        on=day("09-16"),
        reason="the tide",
        days=tuple(
            schedule.DatedDay(day=n, on=day(to))
            for n, to in enumerate(("09-16", "09-17", "09-18", "09-21"), 1)
        ),
    )
    start = items_after(*film.TO_THE_LOCK, film.LOCK, whole)[ItemKind.MILESTONE, "photography"]
    assert (start.forecast, start.slip_days) == (on("09-16"), 2)
    assert (start.driven_by, start.reason) == ("shoot-day/1", "the tide")
    assert start.critical


def test_once_a_day_was_wrapped_the_start_moves_no_other() -> None:
    items = items_after(*film.TO_THE_LOCK, film.LOCK, film.SHOT[0], moved_start("09-30"))
    assert items[ItemKind.SHOOT_DAY, "2"].forecast == on("09-15")


def test_a_shoot_day_on_a_saturday_is_a_day_that_is_worked() -> None:
    saturday = schedule.ShootDaysMoved(
        day=4,
        was=day("09-17"),
        on=day("09-19"),
        reason="the tide",
        days=(schedule.DatedDay(day=4, on=day("09-19")),),
    )
    items = items_after(*film.TO_THE_LOCK, film.LOCK, saturday)
    assert items[ItemKind.SHOOT_DAY, "4"].forecast == on("09-19")
    assert items[ItemKind.SHOOT_DAY, "4"].slip_days == 2
    assert items[ItemKind.TASK, "edit"].forecast == Span(day("09-21"), day("10-02"))


def test_what_was_set_after_the_lock_has_no_baseline() -> None:
    later = schedule.MilestoneSet(
        milestone="premiere", kind=MilestoneKind.PREMIERE, name="Premiere", on=day("11-18")
    )
    item = items_after(*film.SCHEDULE, later)[ItemKind.MILESTONE, "premiere"]
    assert (item.baseline, item.slip_days, item.status) == (None, None, "planned")


def test_a_day_that_is_planned_no_more_is_not_in_the_list() -> None:
    shorter = schedule.ShootDaysPlanned(
        board="pink", calendar=film.WEEKENDS_OFF, days=film.planned("09-14", "09-15")
    )
    items = items_after(*film.TO_THE_LOCK, shorter)
    assert [id_ for kind, id_ in items if kind is ItemKind.SHOOT_DAY] == ["1", "2"]


def test_an_engagement_keeps_the_dates_that_were_signed_and_says_what_conflicts() -> None:
    keeper = STORY[ItemKind.ENGAGEMENT, film.SILAS]
    assert keeper.forecast == keeper.baseline == Span(day("09-14"), day("09-18"))
    assert keeper.status == "conflicted"
    amended = items_after(*film.STORY, film.AMENDED)
    keeper = amended[ItemKind.ENGAGEMENT, film.SILAS]
    assert keeper.baseline == Span(day("09-14"), day("09-18"))
    assert keeper.forecast == Span(day("09-14"), day("09-22"))
    assert keeper.slip_days == 2
    assert (ItemKind.PAYMENT, f"{film.SILAS}/rest") not in amended


def test_payments_are_promised_earned_or_released() -> None:
    first, rest = (STORY[ItemKind.PAYMENT, f"{film.SILAS}/{name}"] for name in ("first", "rest"))
    assert (first.status, first.forecast, first.slip_days) == ("promised", on("09-14"), 0)
    assert (rest.status, rest.forecast, rest.baseline) == ("earned", on("09-25"), None)
    assert rest.detail["amount"] == "43000.00" and rest.detail["upon"] == "picture wrap"
    drafted = items_after(film.DRAFTED)
    waiting = drafted[ItemKind.PAYMENT, f"{film.SILAS}/rest"]
    assert (waiting.status, waiting.forecast, waiting.place[:5]) == ("proposed", None, "none/")


def test_an_option_says_when_its_right_is_needed() -> None:
    novel = STORY[ItemKind.OPTION_WINDOW, f"{film.NOVEL}/novel"]
    assert (novel.baseline, novel.forecast, novel.slip_days) == (on("09-30"), on("10-02"), 2)
    assert novel.detail["needed_on"] == day("10-06")


def test_two_windows_of_one_medium_stay_two() -> None:
    windows = [item for (kind, _), item in STORY.items() if kind is ItemKind.RELEASE_WINDOW]
    assert [one.forecast and one.forecast.starts_on for one in windows] == [
        day("11-20"),
        day("12-20"),
        day("12-31"),
    ]
    assert windows[2].forecast == Span(day("12-31"), date(2027, 12, 31))


def test_a_deliverable_that_did_not_pass_has_a_new_day_and_the_reason() -> None:
    dcp = STORY[ItemKind.DELIVERABLE, f"{film.RELEASE}/dcp"]
    assert (dcp.status, dcp.forecast, dcp.reason) == ("rejected", on("10-12"), "no captions")
    assert dcp.slip_days == 5


def test_approvals_and_screenings_stand_in_the_list() -> None:
    asked = STORY[ItemKind.APPROVAL, film.REQUEST]
    assert (asked.status, asked.forecast) == ("overdue", on("09-10"))
    preview = STORY[ItemKind.SCREENING, film.PREVIEW]
    assert (preview.status, preview.reason) == ("decided", "the fire is long")
    assert preview.detail["top_two_box"] == "0.7333"


def test_the_summary_has_the_dates_that_everybody_asks_for() -> None:
    rows = rows_after(*film.STORY)
    linked = network(rows)
    summary = summary_of(rows, linked, items_of(rows, linked))
    assert summary.photography_start == Mark(day("09-14"), day("09-14"), None, 0)
    assert summary.wrap == Mark(day("09-17"), day("09-22"), None, 3)
    assert summary.delivery == Mark(day("10-01"), day("10-06"), None, 3)
    assert summary.finish_slip_days == 3
    assert (summary.shoot_days_wrapped, summary.shoot_days_planned) == (1, 4)
    assert (summary.eighths_shot, summary.eighths_planned, summary.pages_planned) == (13, 80, "10")
    assert (summary.phase, summary.version, summary.locked_version) == ("locked", 1, 1)


def test_behind_is_counted_over_the_days_that_were_wrapped() -> None:
    behind = behind_of(rows_after(*film.STORY))
    assert behind is not None
    assert (behind.eighths, behind.pages, behind.days) == (11, "1 3/8", "0.6")
    assert (behind.after_day, behind.threshold_eighths) == (1, 8)
    assert behind_of(rows_after(*film.TO_THE_LOCK)) is None


def test_only_what_is_open_is_told_beside_the_list() -> None:
    rows = rows_after(*film.STORY)
    (conflict,) = conflicts_of(rows)
    assert (conflict.title, conflict.cause) == ("The keeper", film.STORM)
    assert conflict.days == [day("09-21"), day("09-22")]
    (overage,) = overages_of(rows)
    assert (overage.amount, overage.cause) == ("31750.00", "behind-schedule")
    rows = rows_after(*film.STORY, film.RESOLVED, film.APPROVED)
    assert conflicts_of(rows) == overages_of(rows) == []


def test_a_deal_that_is_over_conflicts_with_nothing_any_more() -> None:
    ended = contract.ContractTerminated(
        contract=film.SILAS,
        reason="He took another film",
        terminated_on=day("09-20"),
        released=(),
        owed=(),
    )
    rows = rows_after(*film.STORY, ended)
    assert conflicts_of(rows) == []
    (keeper,) = [
        item
        for item in items_of(rows, network(rows))
        if (item.kind, item.id) == (ItemKind.ENGAGEMENT, film.SILAS)
    ]
    assert keeper.status == "ended"


def test_the_list_is_by_date_and_filtered_by_it() -> None:
    places = [item.place for item in STORY.values()]
    assert places == sorted(places)
    edit = STORY[ItemKind.TASK, "edit"]
    assert edit.is_within(day("10-06"), None) and not edit.is_within(day("10-07"), None)
    assert edit.is_within(None, day("09-23")) and not edit.is_within(None, day("09-22"))
    waiting = items_after(film.DRAFTED)[ItemKind.PAYMENT, f"{film.SILAS}/rest"]
    assert waiting.is_within(None, None) and not waiting.is_within(day("01-01"), None)


@pytest.mark.parametrize(
    ("eighths", "printed"),
    [(0, "0"), (1, "1/8"), (8, "1"), (11, "1 3/8"), (-3, "-3/8"), (-11, "-1 3/8")],
)
def test_eighths_are_printed_as_the_trade_prints_them(eighths: int, printed: str) -> None:
    assert pages(eighths) == printed
