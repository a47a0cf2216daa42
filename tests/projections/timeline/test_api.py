"""The query of the timeline: its filters, its pages, and its form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.timeline.answers import Timeline
from projections.timeline.api import projection
from projections.timeline.screens import show_timeline
from projections.timeline.view import VIEW
from runtime.printing import out
from runtime.view import Rows
from tests.projections.asking import Asked
from tests.projections.telling import told as story
from tests.projections.timeline import lighthouse as film
from tests.services.lighthouse import MATTEO

pytestmark = pytest.mark.unit

FILM_ROWS = VIEW.fold(story(*film.STORY))
FILM = Asked(projection, FILM_ROWS)
NOTHING = Asked(projection, Rows())


async def ids(**parameters: object) -> list[str]:
    return [one["id"] for one in (await FILM.answer("timeline", **parameters))["items"]]


async def test_the_answer_has_the_form_that_it_is_documented_with() -> None:
    answer = await FILM.answer("timeline")
    assert Timeline.model_validate(answer).model_dump(mode="json") == answer
    assert answer["title"] == "The Last Lighthouse"
    assert [one["log"] for one in answer["freshness"]] == list(VIEW.logs)
    assert answer["conflicts"][0]["days"] == ["2026-09-21", "2026-09-22"]
    assert answer["behind"]["pages"] == "1 3/8"


async def test_what_deals_pay_is_told_to_nobody_whom_the_list_of_deals_does_not_tell_it() -> None:
    told = await FILM.answer("timeline")
    director = Asked(projection, FILM_ROWS, by=MATTEO)
    kept = await director.answer("timeline")
    assert (told["fees_told"], kept["fees_told"]) == (True, False)
    paid = {
        (one["id"], name)
        for one in told["items"]
        for name in ("amount", "price")
        if one["detail"].get(name) is not None
    }
    assert {name for _, name in paid} == {"amount", "price"}
    for item, hidden in zip(told["items"], kept["items"], strict=True):
        bare = {
            name: None if (item["id"], name) in paid else said
            for name, said in item["detail"].items()
        }
        assert hidden == item | {"detail": bare}


async def test_kinds_and_days_narrow_the_list_and_leave_the_summary() -> None:
    assert await ids(kind="milestone") == ["photography", "wrap", "delivery"]
    assert await ids(kind=["milestone", "task"], until="2026-09-21") == ["photography", "poster"]
    assert await ids(kind="task", **{"from": "2026-10-01"}) == ["edit"]
    whole, part = await FILM.answer("timeline"), await FILM.answer("timeline", kind="task")
    assert part["summary"] == whole["summary"]


async def test_pages_hold_every_item_once_and_in_order() -> None:
    whole = await ids()
    for limit in (1, 4, len(whole)):
        seen: list[str] = []
        cursor = None
        while True:
            parameters = {"limit": limit} | ({"cursor": cursor} if cursor else {})
            page = await FILM.answer("timeline", **parameters)
            seen += [one["id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == whole


@given(st.text(max_size=200).filter(lambda text: "\x00" not in text))
@settings(deadline=None, max_examples=10)
async def test_no_cursor_is_an_error_of_ours(cursor: str) -> None:
    assert (await FILM.get("timeline", cursor=cursor)).status_code == 200


async def test_what_is_no_kind_and_no_day_is_refused() -> None:
    assert (await FILM.get("timeline", kind="party")).status_code == 422
    assert (await FILM.get("timeline", until="tomorrow")).status_code == 422


async def test_nothing_yet_is_an_answer_too() -> None:
    answer = await NOTHING.answer("timeline")
    assert answer["items"] == [] and answer["behind"] is None
    assert answer["summary"]["phase"] == "none"
    with out.capture() as printed:
        show_timeline(answer)
    assert "schedule/set-milestone" in printed.get()


async def test_the_screen_says_what_an_executive_looks_for() -> None:
    with out.capture() as printed:
        show_timeline(await FILM.answer("timeline"))
    text = " ".join(printed.get().split())
    for words in (
        "wrap 2026-09-22 (+3)",
        "delivery 2026-10-06 (+3)",
        "1 of 4 shoot days",
        "Conflict: The keeper: shoot days 3 and 4",
        "Behind after shoot day 1: 1 3/8 pages, 0.6 average days",
        "Overage 1 is undecided: 31750.00 USD",
        "critical",
    ):
        assert words in text
