"""Whether parts fit together: all that does not is told at once."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from events.schedule import Board, Breakdown
from runtime.decider import Rejection
from runtime.refusals import listed, problem
from services.schedule.model.content import Content
from services.schedule.model.rejections import BreakdownStandsTwice, PartStandsTwice


@dataclass(frozen=True)
class Fault:
    """What one part would be refused for, and which part it is."""

    kind: str
    name: str
    rejection: Rejection


def refuse(faults: Iterable[Fault], all_of_them: type[Rejection]) -> None:
    """Raises the one fault that there is, or all of them as one refusal."""
    each = list(faults)
    if len(each) == 1:
        raise each[0].rejection
    if each:
        raise all_of_them(
            f"{len(each)} parts do not fit: mend them and send it again",
            listed([problem(one.rejection, **{one.kind: one.name}) for one in each]),
        )


def once(kind: str, names: Iterable[str]) -> Iterator[Fault]:
    """A fault for every id that two parts of one command have."""
    for name, times in Counter(names).items():
        if times > 1:
            cure = f"{kind} {name} stands here {times} times: give each an id of its own"
            yield Fault(kind, name, PartStandsTwice(cure))


def breakdown_faults(content: Content, breakdowns: Sequence[Breakdown]) -> Iterator[Fault]:
    """What is wrong with breakdowns that are to be added to `content`."""
    yield from once("breakdown", (one.breakdown for one in breakdowns))
    for one in breakdowns:
        yield from _faults("breakdown", one.breakdown, partial(content.check_elements, one))


def board_faults(content: Content, board: Board) -> Iterator[Fault]:
    """What is wrong with a board that is to be laid over the breakdowns of `content`."""
    placed = Counter(one for place in (*board.days, board.boneyard) for one in place)
    for name, times in placed.items():
        yield from _faults("breakdown", name, partial(content.check_known, name))
        if times > 1:
            cure = (
                f"breakdown {name} stands {times} times on board {board.board}: keep it on one "
                "day, or in the boneyard"
            )
            yield Fault("breakdown", name, BreakdownStandsTwice(cure))


def _faults(kind: str, name: str, check: Callable[[], None]) -> Iterator[Fault]:
    try:
        check()
    except Rejection as rejection:
        yield Fault(kind, name, rejection)
