"""Commands of `reel` that ask a projection, made of its screens."""

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, Signature
from keyword import iskeyword
from typing import Annotated, Any
from urllib.parse import quote

import typer

from runtime.cli.client import PRODUCTION_HELP, As, Client, Url
from runtime.cli.output import AsJson, guarded, print_json
from runtime.screens import Option, Pages, Screen


def asking_all(screens: Iterable[Screen]) -> typer.Typer:
    """A command for each screen; those of two words are in the group of the first."""
    app = typer.Typer()
    groups: dict[str, typer.Typer] = {}
    for screen in screens:
        group, _, name = screen.name.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer(no_args_is_help=True, help=f"Questions about {group}s.")
            app.add_typer(groups[group], name=group)
        into = groups[group] if group else app
        into.command(name, help=screen.help)(guarded(asking(screen)))
    return app


def asking(screen: Screen) -> Callable[..., None]:
    """The command of one screen. Its arguments and options are the screen's own."""

    def run(url: str | None, as_: str | None, as_json: bool, **given: Any) -> None:
        places = {place: given.pop(place) for place in screen.places}
        given = asked(screen, given)
        with Client.of(url, as_) as client:
            if screen.of_all is not None and None in places.values():
                show = screen.of_all.show
                moment = {name: given[name] for name in ("as_of", "effective")}
                query = given if screen.of_all.takes_options else moment
                answer = joined(client, screen.of_all.path, screen.of_all.pages, **query)
            else:
                show = screen.show
                path = screen.path.format_map(
                    {one: quote(told, "") for one, told in places.items()}
                )
                answer = joined(client, path, screen.pages, **given)
        if as_json:
            print_json(answer)
        else:
            show(answer)

    run.__name__ = screen.name.replace(" ", "_")
    run.__signature__ = signature(screen)  # type: ignore[attr-defined]
    return run


def asked(screen: Screen, given: Mapping[str, Any]) -> dict[str, Any]:
    """The query, from what was given on the command line."""
    query = {name.removesuffix("_"): told for name, told in given.items()}
    for option in screen.options:
        if option.asks is not None and query.pop(option.name):
            name, value = option.asks
            query[name] = value
    return query


def joined(client: Client, path: str, pages: Pages, **query: Any) -> dict[str, Any]:
    """The answer with the items of all its pages."""
    answer = client.get(path, **query)
    items = list(answer.get(pages.items, ()))
    while answer.get(pages.next) is not None:
        answer = client.get(path, **query, **{pages.cursor: answer[pages.next]})
        items += answer[pages.items]
    if pages.next in answer:
        answer |= {pages.items: items, pages.next: None}
    return answer


def signature(screen: Screen) -> Signature:
    """What typer reads: arguments, options, and those that every question has."""
    said = {"production": PRODUCTION_HELP, **dict(screen.arguments)}
    if screen.of_all is None:
        arguments = [
            _parameter(place, Annotated[str, typer.Argument(help=said[place])])
            for place in screen.places
        ]
    else:
        arguments = [
            _parameter(
                place,
                Annotated[str | None, typer.Argument(help=f"{said[place]}; none = all")],
                None,
            )
            for place in screen.places
        ]
    common = [
        _option(Option("as_of", "as it was known then: a time with its zone, a day, or a vector")),
        _option(Option("effective", "as it was true then, by when each fact takes effect")),
        _parameter("url", Url, None),
        _parameter("as_", As, None),
        _parameter("as_json", AsJson, False),
    ]
    return Signature([*arguments, *map(_option, screen.options), *common])


def _option(option: Option) -> Parameter:
    help_ = option.help
    if option.choices:
        *others, last = option.choices
        help_ += ": " + (f"{', '.join(others)} or {last}" if others else last)
    flag = "--" + option.name.replace("_", "-")
    if option.kind is bool:
        return _parameter(
            option.name, Annotated[bool, typer.Option(flag, help=help_)], bool(option.default)
        )
    if option.required:
        return _parameter(option.name, Annotated[option.kind, typer.Option(flag, help=help_)])
    optional: Any = option.kind | None
    return _parameter(
        option.name, Annotated[optional, typer.Option(flag, help=help_)], option.default
    )


def _parameter(name: str, annotation: Any, default: Any = Parameter.empty) -> Parameter:
    name = f"{name}_" if iskeyword(name) else name
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
