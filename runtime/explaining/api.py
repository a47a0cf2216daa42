"""The queries that explain a read model: what a figure is made of, and what changed since."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from runtime.explaining.answers import Difference, Explanation, FigureNames
from runtime.explaining.explainer import Explainer
from runtime.reading.moment import parsed
from runtime.reading.queries import REFUSALS, AskedNow, Limit, json_of
from runtime.reading.query import PAGE_ROWS_MAX, Reader
from runtime.web.callers import CallerNow, Production
from runtime.web.readings import records_reading

NAME_MAX = 400
"""Characters of a figure's name: ids of deals, people and parts, and what it is."""

OfFigure = Annotated[
    str,
    Query(
        max_length=NAME_MAX,
        pattern=r"^[^\x00]*$",
        description="its name, or the end of it",
        examples=["account/2302/efc"],
    ),
]
Behind = Annotated[
    str | None,
    Query(
        alias="cursor",
        max_length=NAME_MAX,
        pattern=r"^[^\x00]*$",
        description="`next` of the page before",
    ),
]
Since = Annotated[
    str,
    Query(
        alias="from",
        max_length=1_000,
        pattern=r"^[^\x00]*$",
        description="the earlier moment; `as_of` is the later one, none = the present",
        examples=["2026-03-01T18:00:00Z"],
    ),
]


def explaining(reader: Reader) -> APIRouter:
    """The queries, over one reader of the rows."""
    projection, explainer = reader.projection, Explainer(reader)
    router = APIRouter(
        prefix="/v1/productions/{production}",
        tags=[projection.path],
        # Whatever is explained may rest on deals.
        dependencies=[records_reading(f"{projection.path} explained")],
    )
    model = projection.path.replace("-", " ")

    @router.get(
        f"/figures/{projection.path}",
        response_model=FigureNames,
        responses=REFUSALS,
        name=f"{projection.path}-figures",
        summary=f"The figures of the {model} that can be explained",
    )
    async def figures(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        cursor: Behind = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        known = await explainer.known(production, caller, asked)
        return json_of(await explainer.figures(known, cursor, limit))

    @router.get(
        f"/explain/{projection.path}",
        response_model=Explanation,
        responses=REFUSALS,
        name=f"{projection.path}-explain",
        summary=f"How a figure of the {model} comes about, down to the facts behind it",
    )
    async def explain(
        production: Production, caller: CallerNow, asked: AskedNow, figure: OfFigure
    ) -> Response:
        known = await explainer.known(production, caller, asked)
        return json_of(await explainer.explain(known, figure))

    @router.get(
        f"/diff/{projection.path}",
        response_model=Difference,
        responses=REFUSALS,
        name=f"{projection.path}-diff",
        summary=f"What changed in the {model} between two moments, by which facts",
    )
    async def diff(
        production: Production,
        caller: CallerNow,
        asked: AskedNow,
        since: Since,
        cursor: Behind = None,
        limit: Limit = PAGE_ROWS_MAX,
    ) -> Response:
        known = await explainer.known(production, caller, asked)
        return json_of(await explainer.diff(known, parsed(since), cursor, limit))

    return router
