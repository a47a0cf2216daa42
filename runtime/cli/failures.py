"""What a failure of a command means to who called it: a sentence, and an exit code.

Imported when something has failed: it names the errors of every library that may be at fault.
"""

import asyncio

import asyncpg
import httpx
import psycopg
from aiokafka.errors import KafkaError

from events.envelope import BrokenChain
from runtime.audit.anchoring import AnchoringElsewhere
from runtime.audit.before import AnchorRefused
from runtime.cli.client import NoReel, NotUp, Refused
from runtime.cli.output import (
    ENDED,
    MISUSED,
    REFUSED,
    UNREACHABLE,
    err,
    print_json,
    regret,
)
from runtime.embedded.errors import EmbeddedError
from runtime.jobs import JobKilled
from runtime.kafka.bus import TopicMismatch
from runtime.migrate import UnknownSchema
from runtime.printing import counted, table
from runtime.reading.trouble import Divergence
from runtime.rebuilding.filling import StandsStill
from runtime.rebuilding.flipping import IsLive, NotCaughtUp
from runtime.rebuilding.rebuild import AnotherRebuild

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


def told(error: BaseException, *, as_json: bool) -> int | None:
    """Says what a person can do about an error, and answers the exit code; None is the answer to
    what nobody but Reel is to blame for, and nothing is said."""
    match error:
        case Refused() if as_json:
            print_json(error.body)
            return REFUSED
        case Refused():
            _complain(error)
            return REFUSED
        case asyncio.CancelledError():
            return ENDED
        case BrokenChain():
            regret("The chain is broken", f": {error}")
            return REFUSED
        case KeyError() | IndexError():
            return None
        case asyncpg.UndefinedTableError():
            regret("The database is not what this build knows: run `reel migrate`", f". {error}")
            return MISUSED
    for kinds, code in ((_REFUSED, REFUSED), (_MISUSED, MISUSED), (_UNREACHABLE, UNREACHABLE)):
        if isinstance(error, kinds):
            regret(str(error) or repr(error))
            return code
    return None


def _complain(error: Refused) -> None:
    """Prints a refusal with its cure, and every problem that came with it."""
    regret(error.title, f": {error.detail}")
    if error.problems:
        columns = list(error.problems[0])
        rows = [[str(one.get(column, "")) for column in columns] for one in error.problems]
        err.print(table(counted(len(rows), "problem"), columns, rows))
