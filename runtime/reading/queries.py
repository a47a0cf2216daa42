"""What the queries of all read models share: parameters, refusals, and the form of an answer."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Query, Response

from runtime.reading.asked import Asked
from runtime.reading.moment import BadMoment, parsed, time_of
from runtime.reading.query import PAGE_ROWS_MAX
from runtime.web.problems import Problem

After = Annotated[
    str | None, Query(description="a token: answer only once the rows hold that command's events")
]
AsOf = Annotated[
    str | None,
    Query(
        max_length=1_000,
        pattern=r"^[^\x00]*$",
        description="as it was known then: a time with its zone, a day (its end in UTC), or the "
        "`vector` of an earlier answer",
        examples=["2026-03-01T18:00:00Z"],
    ),
]
Effective = Annotated[
    str | None,
    Query(
        max_length=100,
        pattern=r"^[^\x00]*$",
        description="as it was true then, by when each fact takes effect: a time or a day",
        examples=["2026-02-28"],
    ),
]
Cursor = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[^\x00]*$", description="`next` of the page before"),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]

REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "no such production, or not on its team"},
    410: {"model": Problem, "description": "token or vector is of a log that was restored since"},
}


def _asked(after: After = None, as_of: AsOf = None, effective: Effective = None) -> Asked:
    if after is not None and (as_of is not None or effective is not None):
        raise BadMoment("`after` asks for the present: leave out `as_of` and `effective`, or it")
    return Asked(
        after,
        None if as_of is None else parsed(as_of),
        None if effective is None else time_of(effective),
    )


AskedNow = Annotated[Asked, Depends(_asked)]
"""Of which moment the answer is to be."""


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
