"""How the command line speaks: JSON for programs, and errors with cures and exit codes."""

import asyncio
import functools
import json
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import asyncpg
import httpx
import psycopg
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.text import Text

from events.envelope import BrokenChain
from runtime.audit.anchoring import AnchoringElsewhere
from runtime.audit.before import AnchorRefused
from runtime.cli.client import NoReel, NotUp, Refused
from runtime.embedded.errors import EmbeddedError
from runtime.jobs import JobKilled
from runtime.kafka.bus import TopicMismatch
from runtime.migrate import UnknownSchema
from runtime.printing import counted, table
from runtime.reading.trouble import Divergence
from runtime.rebuilding.filling import StandsStill
from runtime.rebuilding.flipping import IsLive, NotCaughtUp
from runtime.rebuilding.rebuild import AnotherRebuild

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


def complain(error: Refused) -> None:
    """Prints a refusal with its cure, and every problem that came with it."""
    regret(error.title, f": {error.detail}")
    if error.problems:
        columns = list(error.problems[0])
        rows = [[str(one.get(column, "")) for column in columns] for one in error.problems]
        err.print(table(counted(len(rows), "problem"), columns, rows))


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
        except _REFUSED as error:
            regret(str(error))
            raise typer.Exit(REFUSED) from None
        except BrokenChain as error:
            regret("The chain is broken", f": {error}")
            raise typer.Exit(REFUSED) from None
        except (KeyError, IndexError):
            raise  # a mistake of Reel's, which is nobody's misuse
        except _MISUSED as error:
            regret(str(error))
            raise typer.Exit(MISUSED) from None
        except asyncpg.UndefinedTableError as error:
            regret("The database is not what this build knows: run `reel migrate`", f". {error}")
            raise typer.Exit(MISUSED) from None
        except _UNREACHABLE as error:
            regret(str(error) or repr(error))
            raise typer.Exit(UNREACHABLE) from None

    return run


_REFUSED = (
    AnchorRefused,
    AnchoringElsewhere,
    AnotherRebuild,
    Divergence,
    IsLive,
    JobKilled,
    NotCaughtUp,
    StandsStill,
)

_MISUSED = (
    FileExistsError,
    LookupError,
    TopicMismatch,
    UnknownSchema,
    ValueError,
    httpx.InvalidURL,
)

_UNREACHABLE = (
    EmbeddedError,
    NoReel,
    NotUp,
    OSError,
    httpx.TransportError,
    psycopg.OperationalError,
    KafkaError,
)
