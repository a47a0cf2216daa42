"""The nameplates of rooms, and how rooms are found: by looking into the folders.

A folder of `services/` with an `api.py` that says `service = Service(...)` is a service; a folder
of `projections/` whose `api.py` says `projection = Projection(...)` is a read model, and where it
has a `screens.py`, `reel` shows the SCREENS in there. Nothing else needs an edit: topic, routes,
consumer group, tables, command line and documents derive from it.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from events.approval import Role
from events.envelope import Recorded
from events.event import read_back
from runtime.decider import Command, Decider, Policies, Timer
from runtime.explaining.figures import Figures, no_figures
from runtime.importing import Importer
from runtime.reactions import REACTIONS
from runtime.screens import Screen
from runtime.sheets import Sheets, no_sheets
from runtime.view import View

if TYPE_CHECKING:
    from fastapi import APIRouter


def no_timers(recorded: Recorded) -> Sequence[Timer]:
    """Nothing falls due in this room."""
    return ()


@dataclass(frozen=True)
class Service:
    """A room that decides. `examples` give one body per command, from the sample film."""

    name: str
    deciders: tuple[Decider[Any, Any], ...]
    policies: Policies = field(default_factory=Policies)
    imports: Mapping[str, Importer] = field(default_factory=dict)
    examples: Mapping[type[Command], Mapping[str, Any]] = field(default_factory=dict)
    timers: Callable[[Recorded], Sequence[Timer]] = no_timers
    """Pure: the timers that one fact of this room's own log sets, replaces or takes away."""
    trail_for: frozenset[Role] | None = None
    """Whose roles the log's trail is for; None: for everybody on the team."""

    def decider_of(self, command: type[Command]) -> Decider[Any, Any]:
        """The decider that takes `command`; raises `LookupError` where there is none."""
        for decider in (*self.deciders, REACTIONS):
            if command in decider.commands:
                return decider
        raise LookupError(f"{self.name} takes no {command.__name__}")

    @property
    def keeps_time(self) -> bool:
        """Whether anything ever falls due in this room."""
        return self.timers is not no_timers

    @property
    def hears(self) -> frozenset[str]:
        """The logs that its policies are told of; the approval room's tells every room its team."""
        return frozenset({"approval", *self.policies.logs})

    @property
    def consumes(self) -> frozenset[str]:
        """The logs that its consumer follows: what it hears, and its own where it keeps time."""
        return self.hears | {self.name} if self.keeps_time else self.hears

    def known(self, body: str | None) -> Any:
        """What the room remembers of a production, from its stored form."""
        nothing = self.policies.nothing_known
        if nothing is None or body is None:
            return nothing
        return read_back(type(nothing), body)

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """Every command of the room, in the order of its deciders."""
        return tuple(command for decider in self.deciders for command in decider.commands)


@dataclass(frozen=True)
class Projection:
    """A room that answers one question. A changed fold is a new `version`: its own consumer
    group, places and schema, so that old and new run side by side."""

    name: str
    version: int
    view: View
    routes: Callable[[Any], "APIRouter"]
    """Given its reader (`runtime.reading.query.Reader`), the queries it answers."""
    sheets: Sheets = no_sheets
    """What an audit package prints of it."""
    figures: Figures = no_figures
    """Pure: how the figures of its answers are made."""

    @property
    def path(self) -> str:
        """Its name as addresses and command lines write it."""
        return self.name.replace("_", "-")

    @property
    def schema(self) -> str:
        """The PostgreSQL schema of this version's rows, as long as it was not rebuilt."""
        return f"{self.name}_v{self.version}"

    @property
    def tables_sql(self) -> str:
        """The tables that its rows live in."""
        folder = Path(importlib.import_module(f"projections.{self.name}").__path__[0])
        return (folder / "table.sql").read_text()


@cache
def services() -> dict[str, Service]:
    """Every service, by name."""
    return {name: _in("services", name, "api").service for name in _rooms("services")}


@cache
def projections() -> dict[str, Projection]:
    """Every projection, by name."""
    return {name: _in("projections", name, "api").projection for name in _rooms("projections")}


@cache
def screens() -> dict[str, tuple[Screen, ...]]:
    """What `reel` shows of each projection that has screens; nothing else of them is imported."""
    return {
        name: _in("projections", name, "screens").SCREENS
        for name in _rooms("projections")
        if importlib.util.find_spec(f"projections.{name}.screens")
    }


def _rooms(house: str) -> list[str]:
    folder = importlib.import_module(house)
    return sorted(room.name for room in pkgutil.iter_modules(folder.__path__) if room.ispkg)


def _in(house: str, room: str, module: str) -> Any:
    return importlib.import_module(f"{house}.{room}.{module}")
