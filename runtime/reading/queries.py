"""What the queries of all read models share: parameters, refusals, and the form of an answer."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Query, Response

from runtime.reading.query import PAGE_ROWS_MAX, Reader, Reading
from runtime.web.problems import Problem

After = Annotated[
    str | None, Query(description="a token: answer only once the rows hold that command's events")
]
Cursor = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[^\x00]*$", description="`next` of the page before"),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]

REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "no such production, or not on its team"},
    410: {"model": Problem, "description": "the token is of a log that was restored since"},
}


async def freshness_of(reader: Reader, reading: Reading) -> list[dict[str, Any]]:
    """How far a reading is, log by log; raises as `Reader.freshness` does."""
    return [one.model_dump() for one in await reader.freshness(reading)]


def json_of(body: dict[str, Any]) -> Response:
    """The answer; dates are written as ISO 8601 has them."""
    return Response(orjson.dumps(body), media_type="application/json")


T = TypeVar("T")


def page_of(
    items: Iterable[T], place: Callable[[T], str], cursor: str | None, limit: int
) -> tuple[list[T], str | None]:
    """The items behind `cursor`, `limit` at most, and the cursor of the page after, if there is
    one. `place` is what items are ordered by, and tells each from every other; an item that has
    gone meanwhile leaves the others where they were."""
    ordered = sorted(items, key=place)
    behind = [item for item in ordered if cursor is None or place(item) > cursor]
    page = behind[:limit]
    return page, place(page[-1]) if len(behind) > limit else None
