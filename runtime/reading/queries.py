"""What the queries of all read models share: parameters, refusals, and the form of an answer."""

from typing import Annotated, Any

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
