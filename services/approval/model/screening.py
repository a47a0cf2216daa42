"""A test screening: one exact cut, what its audience said, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from decimal import Context as Digits
from typing import assert_never

from events.approval import Cards, CutScreened, ScoresRecorded, ScreeningDecided
from events.event import Event
from runtime.decider import Context, Decider
from services.approval.commands import DecideScreening, RecordScores, ScreenCut, ScreeningCommand
from services.approval.model.rejections import (
    CardsDoNotFit,
    ScoresAreMissing,
    ScreeningIsAnother,
    ScreeningIsDecided,
    ScreeningIsUnknown,
)

Z_95 = Decimal("1.96")
"""Standard deviations on either side that hold 95 of 100 samples."""

SHARE = Decimal("0.0001")
DIGITS = Digits(prec=40)


@dataclass(frozen=True)
class NotScreened:
    """Nothing was shown."""


@dataclass(frozen=True)
class Screened:
    """The cut was shown; its cards are not counted."""

    screened: CutScreened


@dataclass(frozen=True)
class Scored:
    """The cards were counted."""

    screened: CutScreened
    scores: ScoresRecorded


@dataclass(frozen=True)
class Decided:
    """It was decided what follows."""

    screened: CutScreened
    scores: ScoresRecorded
    decided: ScreeningDecided


Screening = NotScreened | Screened | Scored | Decided
ScreeningEvent = CutScreened | ScoresRecorded | ScreeningDecided


def decide(screening: Screening, command: ScreeningCommand, _: Context) -> Sequence[Event]:
    """The facts that follow from `command`."""
    match command:
        case ScreenCut():
            return _screen(screening, command)
        case RecordScores():
            return _record(screening, command)
        case DecideScreening():
            return _decide(screening, command)
        case _:
            assert_never(command)


def evolve(screening: Screening, event: ScreeningEvent) -> Screening:
    """The screening after `event`."""
    match event:
        case CutScreened():
            return Screened(event)
        case ScoresRecorded():
            assert not isinstance(screening, NotScreened)
            return Scored(screening.screened, event)
        case ScreeningDecided():
            assert isinstance(screening, Scored)
            return Decided(screening.screened, screening.scores, event)
        case _:
            assert_never(event)


SCREENING: Decider[Screening, ScreeningCommand] = Decider(
    kind="screening",
    initial=NotScreened(),
    commands=(ScreenCut, RecordScores, DecideScreening),
    decide=decide,
    evolve=evolve,
)


def shares(cards: Cards, answers: int) -> tuple[Decimal, Decimal, Decimal]:
    """Top two boxes, definite recommend, and the margin of the first (1.96 x sqrt(p(1-p)/n)), all
    of so many answers, rounded half up to four decimals (film guide 2.7)."""
    top_two = DIGITS.divide(Decimal(cards.excellent + cards.very_good), Decimal(answers))
    recommend = DIGITS.divide(Decimal(cards.definitely_recommend), Decimal(answers))
    variance = DIGITS.divide(
        DIGITS.multiply(top_two, DIGITS.subtract(Decimal(1), top_two)), Decimal(answers)
    )
    return _share(top_two), _share(recommend), _share(DIGITS.multiply(Z_95, DIGITS.sqrt(variance)))


def _share(exact: Decimal) -> Decimal:
    return exact.quantize(SHARE, ROUND_HALF_UP, context=DIGITS)


def _screen(screening: Screening, command: ScreenCut) -> Sequence[Event]:
    screened = CutScreened(**dict(command))
    if isinstance(screening, NotScreened):
        return [screened]
    before = screening.screened
    if before == screened:
        return []
    raise ScreeningIsAnother(
        f"screening {command.screening} showed version {before.cut.version} of {before.cut.name} "
        f"on {before.held_on} in {before.place}: give this one an id of its own"
    )


def _record(screening: Screening, command: RecordScores) -> Sequence[Event]:
    if isinstance(screening, NotScreened):
        raise _unknown(command.screening)
    scores = _scores(screening.screened, command.cards)
    match screening:
        case Screened():
            return [scores]
        case Scored(scores=before):
            return [] if before == scores else [scores]
        case Decided(scores=before, decided=decided):
            if before == scores:
                return []
            raise ScreeningIsDecided(
                f"{decided.decision} was decided from {before.answers} cards: screen the cut again"
            )
        case _:
            assert_never(screening)


def _scores(screened: CutScreened, cards: Cards) -> ScoresRecorded:
    answers = cards.excellent + cards.very_good + cards.good + cards.fair + cards.poor
    if not 0 < answers <= screened.audience:
        raise CardsDoNotFit(
            f"{answers} cards cannot come from an audience of {screened.audience}: count again"
        )
    if cards.definitely_recommend > answers:
        raise CardsDoNotFit(
            f"{cards.definitely_recommend} of {answers} cards cannot recommend it: count again"
        )
    top_two_box, definite_recommend, margin = shares(cards, answers)
    return ScoresRecorded(
        screening=screened.screening,
        cut=screened.cut,
        cards=cards,
        answers=answers,
        top_two_box=top_two_box,
        definite_recommend=definite_recommend,
        margin=margin,
    )


def _decide(screening: Screening, command: DecideScreening) -> Sequence[Event]:
    match screening:
        case NotScreened():
            raise _unknown(command.screening)
        case Screened():
            raise ScoresAreMissing("record the scores first, so that the decision stands on them")
        case Scored(screened=screened):
            return [ScreeningDecided(**dict(command), cut=screened.cut)]
        case Decided(decided=decided):
            if (decided.decision, decided.reason) == (command.decision, command.reason):
                return []
            raise ScreeningIsDecided(
                f"it was decided to {decided.decision} ({decided.reason}): screen the next cut"
            )
        case _:
            assert_never(screening)


def _unknown(screening: str) -> ScreeningIsUnknown:
    return ScreeningIsUnknown(f"no cut was shown under {screening}: screen one first")
