"""The pure kernel of every room: commands, contexts, rejections and the decider itself.

A decider is three values: an initial state, `decide(state, command, context) -> events` and
`evolve(state, event) -> state`. Nothing to do is an empty list; a refusal is a raised `Rejection`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from events.approval import Role
from events.envelope import Recorded
from events.event import Event
from events.names import id_of

S = TypeVar("S")
C = TypeVar("C", bound="Command")

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def kebab(class_name: str) -> str:
    """`LockBudget` as it is written in a path: `lock-budget`."""
    return _WORD_START.sub("-", class_name).lower()


@dataclass(frozen=True)
class Personal:
    """Marks a command's field as personal: sealed under the key of the person that the field
    `of` names, before anything is hashed, compared or recorded."""

    of: str = "person"


class Command(BaseModel):
    """An imperative. Its path, its stream and who may give it derive from the class."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    MAY: ClassVar[frozenset[Role]] = frozenset()
    """The roles that may give it; a policy may always."""

    OPENS: ClassVar[bool] = False
    """Whether it opens a production, so that nobody can be a member yet."""

    ERASES: ClassVar[str | None] = None
    """The field that names whose key the recorded command destroys."""

    STREAM: ClassVar[str | None] = None
    """The field that holds its stream's id; without one there is one stream per production."""

    def stream_id(self, production: str) -> str:
        """The id behind the kind in this command's stream.

        Where a field names it, the production goes into it too: whoever may act on one production
        can never reach a stream of another, nor take its name beforehand.
        """
        if self.STREAM is None:
            return production
        return id_of("stream", production, str(getattr(self, self.STREAM)))


@dataclass(frozen=True)
class Context:
    """What the edge knows of a command beside its body.

    `at` is the command's time from the database clock, stamped once. `principal` is who it is
    done for: the actor, or for a policy the person whose fact it answers. `known` is the room's
    fold of what it has heard of this production. `key` is the name of the key of the person that
    the command erases; None where nothing is sealed for him.
    """

    production: str
    actor: str
    principal: str
    at: datetime
    roles: frozenset[Role] = frozenset()
    known: Any = None
    key: str | None = None


class Rejection(Exception):
    """A command refused by a rule of the trade. The class name is the sentence, the text the cure.

    The wire code derives from the name: `BudgetIsLocked` is `budget-is-locked`.
    """

    STATUS: ClassVar[int] = 409

    def __init__(self, cure: str, problems: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(cure)
        self.problems = tuple(problems)

    @property
    def code(self) -> str:
        return kebab(type(self).__name__)


@dataclass(frozen=True)
class Decider(Generic[S, C]):
    """One kind of stream: the commands it takes, its state before any event, and its two rules."""

    kind: str
    initial: S
    commands: tuple[type[C], ...]
    decide: Callable[[S, C, Context], Sequence[Event]]
    evolve: Callable[[S, Any], S]

    def stream(self, production: str, command: C) -> str:
        """The stream that `command` speaks to: `kind-<uuid>`."""
        return f"{self.kind}-{command.stream_id(production)}"

    def fold(self, events: Sequence[Event], state: S | None = None) -> S:
        """The state after `events`, from the beginning or from `state`."""
        folded = self.initial if state is None else state
        for event in events:
            folded = self.evolve(folded, event)
        return folded


def _hears_nothing(known: Any, recorded: Recorded) -> Any:
    return known


@dataclass(frozen=True)
class Reaction:
    """One sentence of how a room answers: when `on` is heard, `react` gives commands.

    `because` is that sentence. `gives` says which commands it may give, and which facts each of
    them may record: from it follow the picture of all reactions and its circles. `returns` is the
    reason why a circle that this reaction closes comes to an end; None where it closes none.
    """

    on: type[Event]
    because: str
    gives: Mapping[type["Command"], tuple[type[Event], ...]]
    react: Callable[[Recorded, Any], Sequence["Command"]]
    """Pure; `(recorded, known) -> commands`, where `recorded.event` is an `on`."""
    returns: str | None = None


@dataclass(frozen=True)
class Policies:
    """How a room answers facts, other rooms' and its own.

    `hear` folds what the room needs to remember of a production (a pydantic model), from the facts
    of all `logs`; each reaction turns one fact into this room's commands. Both are pure.
    """

    logs: tuple[str, ...] = ()
    nothing_known: BaseModel | None = None
    hear: Callable[[Any, Recorded], Any] = _hears_nothing
    reactions: tuple[Reaction, ...] = ()

    def react(self, recorded: Recorded, known: Any) -> list["Command"]:
        """Every command that answers this fact, in the order of the reactions.

        Raises:
            TypeError: a reaction gave a command that it does not name in `gives`.
        """
        commands: list[Command] = []
        for reaction in self.reactions:
            if not isinstance(recorded.event, reaction.on):
                continue
            for command in reaction.react(recorded, known):
                if type(command) not in reaction.gives:
                    raise TypeError(f"{reaction.because!r} gave a {type(command).__name__}")
                commands.append(command)
        return commands


@dataclass(frozen=True)
class Timer:
    """What is to be done at a moment, unless a later fact says otherwise.

    `key` is unique within room and production; the same key again replaces the timer, and `due_at`
    None takes it away. At `due_at` (aware, by the database's clock) `command` is given once in
    effect, by the actor `timer:<room>`. Whether it still holds is for its decision to say, from
    the command's own time.

    Raises:
        ValueError: a due time without a zone, or without a command.
    """

    key: str
    due_at: datetime | None
    command: "Command | None" = None

    def __post_init__(self) -> None:
        if self.due_at is None:
            return
        if self.due_at.tzinfo is None:
            raise ValueError(f"timer {self.key} is due at {self.due_at}, in no time zone")
        if self.command is None:
            raise ValueError(f"timer {self.key} falls due for no command")
