"""How the command line speaks: JSON for programs, and errors with cures and exit codes."""

import asyncio
import functools
import json
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="print JSON for programs")]

REFUSED = 1
MISUSED = 2
UNREACHABLE = 3
ENDED = 128 + signal.SIGTERM
"""What a shell says of a program that SIGTERM ended; Ctrl-C gives 130."""


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, indent=2, default=str, ensure_ascii=False)
    sys.stdout.write("\n")


def regret(sentence: str, detail: str = "") -> None:
    """Says in red what is wrong, and the detail behind it."""
    err.print(Text.assemble((sentence, "red"), detail), highlight=False)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turns the errors that a person can do something about into a sentence and an exit code."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except (Exception, asyncio.CancelledError) as error:
            from runtime.cli.failures import told

            code = told(error, as_json=bool(options.get("as_json")))
            if code is None:
                raise
            raise typer.Exit(code) from None

    return run
