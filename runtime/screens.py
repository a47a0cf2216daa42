"""What a projection shows on the command line, declared beside its queries.

A room that answers a question may have a screen for it, and `reel` has the command then:

    projections/timeline/screens.py

        from runtime.printing import out, show_freshness, table
        from runtime.screens import Option, Screen

        def show(timeline: dict[str, Any]) -> None:
            rows = [[row["name"], row["starts"], row["ends"]] for row in timeline["rows"]]
            out.print(table("Timeline", ("What", "From", "Until"), rows))
            show_freshness(timeline)

        SCREENS = (
            Screen(
                name="timeline",
                help="What happens when, and what waits for it.",
                path="/v1/productions/{production}/timeline",
                options=(
                    Option("layer", "which rows", choices=("tasks", "milestones")),
                    Option("until", "only what begins on that day or before"),
                ),
                show=show,
            ),
        )

`reel timeline PRODUCTION --layer tasks` then asks
`/v1/productions/PRODUCTION/timeline?layer=tasks` as whoever `--as` or REEL_TOKEN names,
at `--url` or the instance that is up; `--json` prints the answer itself, and `--as-of` and
`--effective` ask of another moment. A screen imports
`runtime.printing`, never `runtime.cli`, which is made of all screens.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Show = Callable[[dict[str, Any]], None]
"""Prints an answer, all its pages in one, for the eye."""

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Option:
    """One parameter of the query: `as_of` is `--as-of`. A `kind` of bool is a flag.

    `choices` are told in the help; the query is the one judge of what it is given, and refuses
    with a cure. None is left out of the query.
    """

    name: str
    help: str
    kind: type[str] | type[int] | type[bool] = str
    choices: tuple[str, ...] = ()
    default: str | int | bool | None = None
    required: bool = False
    asks: tuple[str, str] | None = None
    """What a flag puts into the query in the place of its own name: `--all` may ask
    `mine=false`."""


@dataclass(frozen=True)
class Pages:
    """How the pages of an answer are joined: `items` of each page stand one behind the other, and
    `next` of a page, unless None or absent, is given back as the parameter `cursor`."""

    items: str = "rows"
    next: str = "next"
    cursor: str = "cursor"


@dataclass(frozen=True)
class Question:
    """A query that names no production: it answers over all that the caller is on. It gets the
    screen's options where it takes them."""

    path: str
    show: Show
    pages: Pages = Pages()
    takes_options: bool = False


@dataclass(frozen=True)
class Screen:
    """One command of `reel`: what it asks, and how the answer is shown.

    `name` of two words, as `contract show`, is a command in a group. Each place in `path`, as
    `{production}` or `{contract}`, is an argument, in that order; `arguments` says what they are.
    With `of_all` the production may be left out.
    """

    name: str
    help: str
    path: str
    show: Show
    arguments: tuple[tuple[str, str], ...] = ()
    """Places of the path beside `{production}`, each with its help."""
    options: tuple[Option, ...] = ()
    pages: Pages = Pages()
    of_all: Question | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """The arguments: every place in the path, from left to right."""
        return tuple(_PLACE.findall(self.path))
