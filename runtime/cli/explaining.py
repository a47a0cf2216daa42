"""Why a figure is what it is, and what changed between two moments."""

from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from runtime import rooms
from runtime.cli.asking import joined
from runtime.cli.client import As, Client, Url
from runtime.cli.output import AsJson, print_json
from runtime.cli.work import Production
from runtime.printing import out, show_freshness, table
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
        _show_names(answer)
    else:
        out.print(_tree(answer["figure"]), soft_wrap=True)
        show_freshness(answer)


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
        while answer["next"] is not None:
            page = client.get(path, **asked, cursor=answer["next"])
            answer |= {"rows": answer["rows"] + page["rows"], "next": page["next"]}
            facts |= {fact["id"]: fact for fact in page["facts"]}
    answer["facts"] = sorted(facts.values(), key=lambda fact: str(fact["recorded_at"]))
    if as_json:
        print_json(answer)
    else:
        _show_difference(answer)


def _named(model: str) -> Projection:
    """The read model whose name begins so."""
    known = {one.path: one for one in rooms.projections().values()}
    asked = model.replace("_", "-")
    found = [path for path in known if path == asked] or [
        path for path in known if path.startswith(asked)
    ]
    if len(found) != 1:
        raise LookupError(f"there is no read model {model!r}; there are {', '.join(known)}")
    return known[found[0]]


def _show_names(answer: dict[str, Any]) -> None:
    if not answer["rows"]:
        out.print("There is no figure yet that could be explained.")
        return
    rows = [[one["name"], one["label"], one["value"] or "", one["unit"]] for one in answer["rows"]]
    title = f"{answer['title']} · what can be explained"
    out.print(table(title, ("Figure", "What", "Value", ""), rows, whole=("Figure",)))
    show_freshness(answer)


def _tree(figure: dict[str, Any]) -> Tree:
    tree = Tree(_line(figure))
    _grow(tree, figure)
    return tree


def _grow(tree: Tree, figure: dict[str, Any]) -> None:
    for term in figure["terms"]:
        _grow(tree.add(_line(term)), term)
    if figure["facts_before"]:
        tree.add(Text(f"{figure['facts_before']} earlier facts, see --json", "dim"))
    for fact in figure["facts"]:
        tree.add(_fact(fact))


def _line(figure: dict[str, Any]) -> Text:
    value = "none" if figure["value"] is None else figure["value"]
    said = Text.assemble(f"{figure['label']} = ", (f"{value} {figure['unit']}".strip(), "bold"))
    return said.append(f"  ({figure['formula']})", "dim") if figure["formula"] else said


def _fact(fact: dict[str, Any]) -> Text:
    when = fact["recorded_at"][:16].replace("T", " ")
    said = Text.assemble(
        (f"{when} ", "dim"),
        f"{fact['type'].partition('.')[2]} by {fact['actor']}",
        (f"  {fact['log']} {fact['position']}", "dim"),
    )
    for effect in fact["effects"]:
        said.append(f"  {effect['column']} {_moved(effect['before'], effect['after'])}", "cyan")
    if fact["reason"]:
        said.append(f"  “{fact['reason']}”")
    elif document := _document(fact):
        said.append(f"  {document}", "italic")
    return said


def _document(fact: dict[str, Any]) -> str:
    """What the fact itself says that it is about: its first references."""
    data = fact["data"]
    if data is None:
        return "not for your roles"
    return ", ".join(
        f"{name} {value}"
        for name, value in data.items()
        if isinstance(value, str) and name not in ("reason", "description") and len(value) < 40
    )


def _moved(before: str | None, after: str | None) -> str:
    return f"{'none' if before is None else before} → {'none' if after is None else after}"


def _show_difference(answer: dict[str, Any]) -> None:
    if not answer["rows"]:
        out.print("Nothing changed between the two.")
    else:
        order = {fact["id"]: n for n, fact in enumerate(answer["facts"], start=1)}
        rows = [
            [
                one["label"],
                _moved(one["before"], one["after"]),
                one["unit"],
                ", ".join(str(order[id_]) for id_ in one["facts"]),
            ]
            for one in answer["rows"]
        ]
        title = f"{answer['title']} · what changed"
        out.print(table(title, ("Figure", "From → to", "", "By"), rows))
        facts = [
            [
                str(order[one["id"]]),
                one["recorded_at"][:19].replace("T", " "),
                one["type"],
                one["actor"],
                f"{one['log']} {one['position']}",
                one["reason"] or _document(one),
            ]
            for one in answer["facts"]
        ]
        columns = ("", "Recorded (UTC)", "What", "Who", "Where", "Why")
        out.print(table("By these facts", columns, facts, whole=("What", "Where")))
    out.print(f"Since {answer['since']['as_of']}", style="bold", highlight=False)
    show_freshness(answer)
