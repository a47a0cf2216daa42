"""Answers what explains a read model, from the facts up to a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.contract import FEES_ARE_FOR
from events.envelope import Recorded
from runtime import rooms
from runtime.explaining.figures import Asker, Figure
from runtime.explaining.history import History
from runtime.explaining.telling import Teller, label_of, named
from runtime.people.identity import Caller
from runtime.people.names import names_of
from runtime.people.team import Member
from runtime.reading.answer import moment_told
from runtime.reading.asked import Asked, Reading
from runtime.reading.moment import BadMoment, Moment
from runtime.reading.past import Cut
from runtime.reading.queries import page_of
from runtime.reading.query import Reader
from runtime.view import Rows
from runtime.web.problems import NotThere


@dataclass(frozen=True)
class Known:
    """One production's facts up to a moment, and what a member may know of them."""

    production: str
    cut: Cut
    facts: list[Recorded]
    about: dict[str, str]
    member: Member
    by_time: bool
    """Whether the moment was asked for by its time, or is the present."""

    def asker(self, cut: Cut) -> Asker:
        """For whom figures of that moment are told."""
        return Asker(self.about["currency"], cut.at, bool(self.member.roles & FEES_ARE_FOR))

    def is_before(self, other: Cut, *, by_time: bool) -> bool:
        """Whether the other moment knows of anything that this one does not; where both were asked
        for by time, whether it is later."""
        if by_time and self.by_time:
            return other.at > self.cut.at
        return any(at > self.cut.moment.at[log][1] for log, (_, at) in other.moment.at.items())

    def teller(self, history: History, names: Mapping[str, str]) -> Teller:
        """Who tells him facts; `names` are open."""
        return Teller(history, rooms.services(), self.member.roles, names)


@dataclass(frozen=True)
class Explainer:
    """Folds one read model again, so that every answer is of a vector.

    Whatever it answers raises `Stumbled` where a fact cannot be folded.
    """

    reader: Reader

    async def figures(self, known: Known, cursor: str | None, limit: int) -> dict[str, Any]:
        """A page of what can be explained, as `FigureNames`."""
        projection = self.reader.projection
        figures = projection.figures(
            self.reader.past.view.fold(known.facts), known.asker(known.cut)
        )
        page, following = page_of(figures, lambda one: one.name, cursor, limit)
        names = await self._names(known)
        rows = [
            {
                "name": one.name,
                "label": label_of(one, names),
                "value": one.value,
                "unit": one.unit,
            }
            for one in page
        ]
        return {
            **await self._said(known),
            "rows": await self.reader.opened(rows),
            "next": following,
        }

    async def explain(self, known: Known, name: str) -> dict[str, Any]:
        """How a figure comes about, as `Explanation`."""
        projection = self.reader.projection
        rows = Rows()
        history = History(self.reader.past.view, known.facts, rows)
        figure = named(projection.figures(rows, known.asker(known.cut)), name)
        teller = known.teller(history, await self._names(known))
        told = teller.figure(figure)
        return {
            **await self._said(known),
            "figure": await self.reader.opened(told),
            "facts": await self.reader.opened(teller.facts()),
        }

    async def diff(
        self, known: Known, since: Moment | datetime, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        """What changed since an earlier moment, as `Difference`.

        Raises:
            BadMoment: the moment is none, or a later one.
        """
        projection = self.reader.projection
        first = await self.reader.cut(Asked(as_of=since, effective=known.cut.effective))
        if known.is_before(first, by_time=isinstance(since, datetime)):
            raise BadMoment("the earlier moment (`from`) is later than the other: exchange them")
        before = [one for one in known.facts if one.position <= first.moment.at[one.log][1]]
        after = [one for one in known.facts if one.position > first.moment.at[one.log][1]]
        rows = self.reader.past.view.fold(before)
        was = {one.name: one for one in projection.figures(rows, known.asker(first))}
        history = History(self.reader.past.view, after, rows)
        now = {one.name: one for one in projection.figures(rows, known.asker(known.cut))}
        changed = [
            name
            for name in was.keys() | now.keys()
            if _value(was.get(name)) != _value(now.get(name))
        ]
        page, following = page_of(changed, str, cursor, limit)
        teller = known.teller(history, await self._names(known))
        told = [_changed(teller, was.get(name), now.get(name)) for name in page]
        return {
            **await self._said(known),
            "since": moment_told(first),
            "rows": await self.reader.opened(told),
            "facts": await self.reader.opened(teller.facts()),
            "next": following,
        }

    async def known(self, production: str, caller: Caller, asked: Asked) -> Known:
        """What the caller may know of a production at a moment, the present too.

        Raises:
            NotThere: the production had not been opened then.
        """
        await self.reader.until(asked.after)
        member = await self.reader.member(production, caller)
        cut = await self.reader.cut(asked)
        facts, about = await self.reader.past.facts(production, cut)
        if about is None:
            raise NotThere(f"the production had not been opened by {cut.at:%F %T} UTC")
        by_time = not isinstance(asked.as_of, Moment)
        return Known(production, cut, facts, about, member, by_time)

    async def _names(self, known: Known) -> Mapping[str, str]:
        """The team's names as they were told by then, opened as those of the inbox are."""
        names: Mapping[str, str] = await self.reader.opened(names_of(known.facts))
        return names

    async def _said(self, known: Known) -> dict[str, Any]:
        reading = Reading({known.production: Rows()}, {}, known.cut.at, {}, known.cut)
        return {
            "production": known.production,
            **known.about,
            "read_model": self.reader.projection.path,
            **await self.reader.told(reading),
        }


def _value(figure: Figure | None) -> str | None:
    return None if figure is None else figure.value


def _changed(teller: Teller, was: Figure | None, now: Figure | None) -> dict[str, Any]:
    """As `Changed`."""
    figure = now or was
    assert figure is not None
    cells = {cells for one in (was, now) if one is not None for cells in one.all_cells()}
    return {
        "name": figure.name,
        "label": teller.label(figure),
        "unit": figure.unit,
        "before": _value(was),
        "after": _value(now),
        "facts": teller.ids(cells),
    }
