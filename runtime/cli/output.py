"""How the command line speaks: tables for the eye, JSON for programs, cures for errors."""

import asyncio
import functools
import json
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import httpx
import psycopg
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from events.envelope import BrokenChain
from runtime.cli.client import NoReel, Refused
from runtime.embedded.errors import EmbeddedError
from runtime.kafka.bus import TopicMismatch
from runtime.migrate import UnknownSchema

WIDE = 140

out = Console(width=None if sys.stdout.isatty() else WIDE)
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


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    amounts_from: int | None = None,
    whole: Sequence[str] = (),
) -> Table:
    """A table; from the column `amounts_from` on, amounts that are never cut, as are those columns
    that `whole` names. What people wrote is shown as they wrote it, brackets too."""
    made = Table(title=Text(title), title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        amounts = amounts_from is not None and index >= amounts_from
        made.add_column(
            column, justify="right" if amounts else "left", no_wrap=amounts or column in whole
        )
    for row in rows:
        made.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def regret(sentence: str, detail: str = "") -> None:
    """Says in red what is wrong, and the detail behind it."""
    err.print(Text.assemble((sentence, "red"), detail), highlight=False)


def complain(error: Refused) -> None:
    """Prints a refusal with its cure, and every problem that came with it."""
    regret(error.title, f": {error.detail}")
    if error.problems:
        columns = list(error.problems[0])
        rows = [[str(one.get(column, "")) for column in columns] for one in error.problems]
        err.print(table(f"{len(rows)} problems", columns, rows))


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turns the errors that a person can do something about into a sentence and an exit code."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except Refused as error:
            if options.get("as_json"):
                print_json(error.body)
            else:
                complain(error)
            raise typer.Exit(REFUSED) from None
        except asyncio.CancelledError:
            raise typer.Exit(ENDED) from None
        except BrokenChain as error:
            regret("The chain is broken", f": {error}")
            raise typer.Exit(REFUSED) from None
        except (UnknownSchema, TopicMismatch, httpx.InvalidURL, LookupError, ValueError) as error:
            regret(str(error))
            raise typer.Exit(MISUSED) from None
        except _UNREACHABLE as error:
            regret(str(error) or repr(error))
            raise typer.Exit(UNREACHABLE) from None

    return run


_UNREACHABLE = (
    EmbeddedError,
    NoReel,
    OSError,
    httpx.TransportError,
    psycopg.OperationalError,
    KafkaError,
)
