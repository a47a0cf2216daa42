"""What a plan that is approved as a whole goes through: drafted, submitted, locked, and reopened or
returned as the draft of its next version. Budget and schedule are such plans."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, assert_never

from events.names import ContentHash


class Exactly(Protocol):
    """What is about exactly one version with one content: a decision, or the fact of a phase."""

    @property
    def version(self) -> int: ...

    @property
    def content_hash(self) -> ContentHash: ...


C = TypeVar("C")
S = TypeVar("S", bound=Exactly)
L = TypeVar("L", bound=Exactly)


@dataclass(frozen=True)
class Undrafted:
    """There is no plan yet."""


@dataclass(frozen=True)
class Draft(Generic[C]):
    """This version is being written."""

    content: C
    version: int


@dataclass(frozen=True)
class Submitted(Generic[C, S]):
    """This version waits for its approval."""

    content: C
    submitted: S

    @property
    def version(self) -> int:
        return self.submitted.version


@dataclass(frozen=True)
class Approved(Generic[C, L]):
    """This version was approved and is locked. A room says what else it then knows of its plan."""

    content: C
    locked: L

    @property
    def version(self) -> int:
        return self.locked.version


Drafted = Draft[C] | Submitted[C, S] | Approved[C, L]


def is_on(decision: Exactly, fact: Exactly) -> bool:
    """Whether a decision is on just that version, with just that content."""
    return (decision.version, decision.content_hash) == (fact.version, fact.content_hash)


def comes_back(plan: Drafted[C, S, L], version: int) -> bool:
    """Whether that version waits, and a refusal gives it back to be drafted anew."""
    return isinstance(plan, Submitted) and plan.version == version


def to_edit(version: int) -> str:
    """How a version that is no draft is edited."""
    return f"reopen it to edit version {version + 1}"


def moved_on(plan: Drafted[C, S, L], version: int) -> str:
    """Why a decision on `version` says nothing of the plan as it is now, and what to do."""
    match plan:
        case Draft():
            standing, cure = "a draft", "submit it for an approval of its own"
        case Submitted():
            standing, cure = "submitted", "decide on that one"
        case Approved():
            standing, cure = "locked", "reopen it to change it"
        case _:
            assert_never(plan)
    same = version == plan.version
    subject = f"another content of version {version}" if same else f"version {version}"
    return f"the decision is on {subject}, while version {plan.version} is {standing}: {cure}"
