"""What every query of a read model takes and answers alike."""

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
    Query(max_length=100, pattern=r"^[^\x00]*$", description="`next` of the page before"),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]

REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "no such production, or not on its team"},
    410: {"model": Problem, "description": "the token is of a log that was restored since"},
}


async def freshness(reader: Reader, reading: Reading) -> list[dict[str, Any]]:
    """How far the answer has come, log by log; raises as `Reader.freshness` does."""
    return [one.model_dump() for one in await reader.freshness(reading)]


def answered(body: dict[str, Any]) -> Response:
    """The answer as JSON; moments and days in ISO 8601."""
    return Response(orjson.dumps(body), media_type="application/json")
