"""What a read model was: the same fold, over the log up to a moment.

`effective` leaves out what takes effect later: in recorded order, what is true on a day as it is
known at the moment. So a cost that is posted late counts on the day on which it was incurred.

Where a fact cannot be folded there is no answer, as there is none of the present.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from events.approval import ProductionOpened
from events.envelope import Recorded, microseconds, moment_of
from runtime.ending import ended
from runtime.garbage import let_go
from runtime.log.contract import Store
from runtime.reading.moment import BadMoment, Moment, end_of_day
from runtime.reading.stumbling import BlamingView, blamed
from runtime.snapshots.views import Kept
from runtime.view import Rows, View
from runtime.web.problems import Gone

PAGE_EVENTS = 2_000
"""Read at once; behind so many facts of a log a snapshot is kept."""

_OPENED, _ = ProductionOpened.wire()


@dataclass(frozen=True)
class Cut:
    """A moment that was resolved: its vector, its time, and until when facts take effect."""

    moment: Moment
    at: datetime
    effective: datetime | None = None

    def in_effect(self, recorded: list[Recorded]) -> list[Recorded]:
        """Those of the facts that have taken effect by then."""
        if self.effective is None:
            return recorded
        until_us = microseconds(self.effective)
        return [one for one in recorded if one.effective_at_us <= until_us]


class Past:
    """Folds a view again, over the logs that it hears; `name` is whose view it is."""

    def __init__(
        self,
        view: View,
        stores: Mapping[str, Store],
        kept: Kept | None = None,
        name: str = "the read model",
    ) -> None:
        self.view = BlamingView.of(view, name)
        self._stores = stores
        self._kept = kept

    async def cut(self, as_of: Moment | datetime, effective: datetime | None, now: datetime) -> Cut:
        """The moment that `as_of` stands for, in every log of the view; the end of today is now.

        Raises:
            BadMoment: it is in the future, or the vector does not fit the logs.
            Gone: the vector is of a log that was restored since.
        """
        if isinstance(as_of, Moment):
            return Cut(as_of, await self._time_of(as_of), effective)
        if as_of > now:
            if as_of != end_of_day(now):
                raise BadMoment(
                    f"as_of {as_of:%F %T} UTC has not come: it is {now:%F %T} UTC now; "
                    "`effective` asks for what is planned"
                )
            as_of = now
        sealed = {log: await store.seal(microseconds(as_of)) for log, store in self._stores.items()}
        return Cut(Moment(sealed), as_of, effective)

    async def _time_of(self, vector: Moment) -> datetime:
        """When the last fact of a vector was recorded."""
        latest_us = 0
        for log, store in self._stores.items():
            if log not in vector.at:
                raise BadMoment(f"the vector says nothing of the {log} log: give a time instead")
            incarnation, position = vector.at[log]
            heads = await store.heads()
            if incarnation != heads.incarnation:
                raise Gone(f"the {log} log was restored since; ask for a time instead")
            if position > heads.position:
                raise BadMoment(f"the {log} log ends at {heads.position}, before {position}")
            for last in await store.page(position - 1, 1) if position else ():
                latest_us = max(latest_us, last.recorded_at_us)
        return moment_of(latest_us)

    async def rows(self, production: str, cut: Cut) -> tuple[Rows, dict[str, str] | None]:
        """The rows as they were, and the production's title and currency; None before it was
        opened.

        Raises:
            Stumbled: a fact cannot be folded.
        """
        rows, about = Rows(), None
        for log in self._stores:
            of_log, told = await self._rows_of(production, log, cut)
            for row in of_log.every():
                rows.put(row)
            about = about or told
        return rows, about

    async def facts(
        self, production: str, cut: Cut
    ) -> tuple[list[Recorded], dict[str, str] | None]:
        """The facts themselves, log by log, and the same of the production; raises `Stumbled`
        where that cannot be read."""
        facts: list[Recorded] = []
        about = None
        for log in self._stores:
            async with aclosing(self._pages(production, log, cut)) as pages:
                async for page in pages:
                    about = about or self._about(page)
                    facts += cut.in_effect(page)
        return facts, about

    async def _rows_of(
        self, production: str, log: str, cut: Cut
    ) -> tuple[Rows, dict[str, str] | None]:
        """What one log made of the rows: it writes rows of its own, and reads no others."""
        incarnation, until = cut.moment.at[log]
        # What had not taken effect then may have by now: such rows are nobody else's.
        kept = self._kept if cut.effective is None else None
        begin = None
        if kept is not None:
            begin = await kept.nearest(production, log, incarnation, until)
        rows, about, after = Rows(), None, 0
        if kept is not None and begin is not None:
            rows, about, after = begin.rows, begin.about, begin.position
            first = await self._stores[log].of_production(production, after - 1, 1, until=after)
            if [one.hash for one in first] != [begin.hash]:
                await kept.give_up(production, log, after, "the log has another event there")
                return await self._rows_of(production, log, cut)
        async with aclosing(self._pages(production, log, cut, after)) as pages:
            async for page in pages:
                about = about or self._about(page)
                is_whole, last = len(page) == PAGE_EVENTS, page[-1]
                self.view.fold(let_go(cut.in_effect(page)), rows)
                if kept is not None and is_whole:
                    kept.keep(incarnation, last, rows, about)
        return rows, about

    async def _pages(
        self, production: str, log: str, cut: Cut, after: int = 0
    ) -> AsyncGenerator[list[Recorded]]:
        """The production's facts of one log behind a position, up to the cut."""
        _, until = cut.moment.at[log]

        async def page_after(position: int) -> list[Recorded]:
            store = self._stores[log]
            return await store.of_production(production, position, PAGE_EVENTS, until=until)

        coming = asyncio.create_task(page_after(after))
        try:
            while page := await coming:
                is_whole = len(page) == PAGE_EVENTS
                if is_whole:
                    # The next page is on its way while this one is folded.
                    coming = asyncio.create_task(page_after(page[-1].position))
                    await asyncio.sleep(0)
                yield page
                if not is_whole:
                    return
        finally:
            await ended(coming)

    def _about(self, page: list[Recorded]) -> dict[str, str] | None:
        with blamed(self.view.name, page) as facts:
            for one in facts:
                if one.type == _OPENED and isinstance(one.event, ProductionOpened):
                    return {"title": one.event.title, "currency": one.event.currency}
        return None
