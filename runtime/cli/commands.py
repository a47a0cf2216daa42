"""The commands of `reel`, each made when it is called, or when its help is asked for.

Who asks for a status waits for no other command's libraries.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from runtime import rooms
from runtime.cli.asking import asking_all
from runtime.cli.output import guarded

PLACES = {
    "up": "machine.up_",
    "demo": "machine.demo",
    "serve": "machine.serve",
    "relay": "machine.relay",
    "project": "machine.project",
    "migrate": "machine.migrate",
    "rewind": "machine.rewind",
    "rebuild": "rebuilding.rebuild",
    "views": "views.views",
    "flip": "views.flip",
    "retire": "views.retire",
    "doctor": "machine.doctor",
    "backup": "backups.backup",
    "restore": "backups.restore",
    "restored": "backups.restored",
    "token": "people.token",
    "erase": "people.erase",
    "trail": "trail.trail",
    "explain": "explaining.explain",
    "diff": "explaining.diff",
    "timers": "timers.timers",
    "parked": "parked.parked",
    "audit": "audit.audit",
    "import": "importing.imports",
}
"""By command, the module in this folder and what is in it: a function, or a group of them."""


class Commands(TyperGroup):
    """Those above, and a command for every screen of a read model."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast(Any, Made())

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


class Made(Mapping[str, Any]):
    """Commands by name."""

    def __getitem__(self, name: str) -> Any:
        return made(name) if name in PLACES else self._of_screens[name]

    def __iter__(self) -> Iterator[str]:
        yield from PLACES
        yield from self._of_screens

    def __len__(self) -> int:
        return len(PLACES) + len(self._of_screens)

    @cached_property
    def _of_screens(self) -> Mapping[str, Any]:
        screens = [screen for of_room in rooms.screens().values() for screen in of_room]
        return get_group(asking_all(screens)).commands


def made(name: str) -> Any:
    """The command or the group of that name."""
    module, _, what = PLACES[name].rpartition(".")
    found = getattr(import_module(f"runtime.cli.{module}"), what)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(guarded(found))
    return get_command(alone)
