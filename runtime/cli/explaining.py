"""Why a figure is what it is, and what changed between two moments."""

from typing import Annotated

import typer

from runtime import rooms
from runtime.cli.asking import joined
from runtime.cli.client import As, Client, Production, Url
from runtime.cli.figures import show_difference, show_figure, show_names
from runtime.cli.output import AsJson, print_json
from runtime.rooms import Projection
from runtime.screens import Pages

Model = Annotated[
    str, typer.Argument(help="the read model, or how its name begins: budget, timeline, …")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="as it was known then: a time with its zone, a day, or a vector"),
]
Effective = Annotated[
    str | None, typer.Option(help="as it was true then, by when each fact takes effect")
]


def explain(
    model: Model,
    production: Production,
    figure: Annotated[
        str | None, typer.Argument(help="its name or the end of it, as 2302/efc; none lists all")
    ] = None,
    as_of: AsOf = None,
    effective: Effective = None,
    url: Url = None,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Why a figure is what it is: its formula, its terms, and the facts behind them."""
    path = _named(model).path
    moment = {"as_of": as_of, "effective": effective}
    with Client.of(url, name) as client:
        home = f"/v1/productions/{production}"
        if figure is None:
            answer = joined(client, f"{home}/figures/{path}", Pages(), **moment)
        else:
            answer = client.get(f"{home}/explain/{path}", figure=figure, **moment)
    if as_json:
        print_json(answer)
    elif figure is None:
        show_names(answer)
    else:
        show_figure(answer)


def diff(
    model: Model,
    production: Production,
    since: Annotated[str, typer.Option("--from", help="the earlier moment")],
    until: Annotated[
        str | None, typer.Option("--to", help="the later moment; none is the present")
    ] = None,
    effective: Effective = None,
    url: Url = None,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two moments, by which facts, by whom and why."""
    path = f"/v1/productions/{production}/diff/{_named(model).path}"
    asked = {"from": since, "as_of": until, "effective": effective}
    with Client.of(url, name) as client:
        answer = client.get(path, **asked)
        facts = {fact["id"]: fact for fact in answer["facts"]}
        # The pages behind the first are of its moment, whatever is recorded meanwhile.
        asked["as_of"] = until or answer["moment"]["as_of"]
        while answer["next"] is not None:
            page = client.get(path, **asked, cursor=answer["next"])
            answer |= {"rows": answer["rows"] + page["rows"], "next": page["next"]}
            facts |= {fact["id"]: fact for fact in page["facts"]}
    answer["facts"] = sorted(facts.values(), key=lambda fact: str(fact["recorded_at"]))
    if as_json:
        print_json(answer)
    else:
        show_difference(answer)


def _named(model: str) -> Projection:
    """The read model whose name begins so."""
    known = {one.path: one for one in rooms.projections().values()}
    asked = model.replace("_", "-")
    found = [path for path in known if path == asked] or [
        path for path in known if path.startswith(asked)
    ]
    if not found:
        raise LookupError(f"there is no read model {model!r}: it is one of {', '.join(known)}")
    if len(found) > 1:
        raise LookupError(f"{model!r} may be {' or '.join(found)}: write more of the name")
    return known[found[0]]
