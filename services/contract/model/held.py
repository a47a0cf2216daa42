"""What of a deal must be held against the facts of other rooms."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from events.contract import Condition, Terms


class Remembered(BaseModel):
    """A piece of what is remembered."""

    model_config = ConfigDict(frozen=True)

    def but(self, **changes: Any) -> Self:
        """This with other values for some of its fields."""
        return self.model_copy(update=changes)


ROLE_CHARACTERS_MAX = 200


class Engaged(Remembered):
    """The days, both included, that the shoot days of an element of the board must fall in, and
    the role that it is known by."""

    role: str
    element: str
    starts_on: date
    ends_on: date


class Deadline(Remembered):
    """The last day of an option, and the milestone that must not come after it."""

    option: str
    exercise_by: date
    needed_by: str


class Problem(Remembered):
    """Why a deal does not fit: in a sentence, and on which days."""

    says: str
    days: tuple[date, ...]


class Deal(Remembered):
    """What must be held of a deal that is not over: the conditions that its terms wait for and
    that are not met, and, once it is signed, the days and deadlines that it was signed on."""

    waits_for: tuple[Condition, ...] = ()
    met: tuple[Condition, ...] = ()
    engaged: Engaged | None = None
    deadlines: tuple[Deadline, ...] = ()
    done: tuple[str, ...] = ()

    def waiting(self, terms: Terms) -> "Deal":
        """This deal while those terms are talked about."""
        left = sorted(set(terms.conditions).difference(self.met))
        return self.but(waits_for=tuple(left))

    def having_met(self, condition: Condition) -> "Deal":
        """This deal with one condition less to wait for."""
        left = tuple(one for one in self.waits_for if one != condition)
        return self.but(waits_for=left, met=(*self.met, condition))

    def signed(self, terms: Terms) -> "Deal":
        """This deal on those terms, with nothing more to wait for."""
        engagement = terms.engagement
        return self.but(
            waits_for=(),
            engaged=None
            if engagement is None or engagement.element is None
            else Engaged(
                role=engagement.role[:ROLE_CHARACTERS_MAX],
                element=engagement.element,
                starts_on=engagement.starts_on,
                ends_on=engagement.ends_on,
            ),
            deadlines=tuple(one for one in _deadlines(terms) if one.option not in self.done),
        )

    def extended(self, option: str, exercise_by: date) -> "Deal":
        """This deal with a later last day of an option."""
        return self.but(
            deadlines=tuple(
                one.but(exercise_by=exercise_by) if one.option == option else one
                for one in self.deadlines
            )
        )

    def settled(self, option: str) -> "Deal":
        """This deal with that option taken up, or gone back."""
        left = tuple(one for one in self.deadlines if one.option != option)
        return (
            self if left == self.deadlines else self.but(deadlines=left, done=(*self.done, option))
        )


def _deadlines(terms: Terms) -> Iterator[Deadline]:
    for one in terms.options:
        if one.needed_by is not None:
            yield Deadline(option=one.option, exercise_by=one.exercise_by, needed_by=one.needed_by)
