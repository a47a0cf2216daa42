"""The critical path method on numbered working days (field guide 2.4, CPM).

A moment is the number of working days before it: what starts at 3 and takes 2 days finishes at 5,
and what follows it starts at 5. A milestone takes 0 days. Forward, with p before s:

    FS: ES_s >= EF_p + lag      SS: ES_s >= ES_p + lag
    FF: EF_s >= EF_p + lag      SF: EF_s >= ES_p + lag      EF = ES + days

backward the same for late times, from the moment at which the last of all finishes. Total slack
is LS - ES, free slack what a thing may slip without moving another; critical is what has no slack.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from events.schedule import LinkType

FS, SS, FF, SF = LinkType
FROM_FINISH = frozenset({FS, FF})
TO_FINISH = frozenset({FF, SF})


@dataclass(frozen=True, slots=True)
class Tie:
    """What an activity waits for, with its lag in working days (negative = lead)."""

    after: str
    type: LinkType = FS
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """A task, a shoot day or a milestone (0 days). It starts at `not_before` or later; what is done
    finished at `finished`, whatever it waited for. A milestone that is done came at `not_before`,
    or at `finished` where what it waits for took longer than that."""

    id: str
    days: int
    not_before: int
    ties: tuple[Tie, ...] = ()
    finished: int | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """When an activity happens at the earliest and at the latest, as moments; slack in working
    days. `evening` says of a milestone that it comes at the end of a day's work: that of the day
    before the moment. `pushed_by` is what it waits for, where that makes it start later than by
    itself."""

    early_start: int
    early_finish: int
    late_start: int
    late_finish: int
    free_slack: int
    evening: bool = False
    done: bool = False
    pushed_by: str | None = field(default=None, compare=False)

    @property
    def total_slack(self) -> int:
        """What it may slip without moving the end of all."""
        return self.late_start - self.early_start

    @property
    def critical(self) -> bool:
        """Whether it may not slip at all; what is done slips no more."""
        return not self.done and self.total_slack <= 0


@dataclass(frozen=True)
class _Network:
    activities: dict[str, Activity]
    ties: dict[str, tuple[Tie, ...]] = field(default_factory=dict)
    start: dict[str, int] = field(default_factory=dict)
    evening: set[str] = field(default_factory=set)
    pushed_by: dict[str, str] = field(default_factory=dict)

    def finish(self, id_: str) -> int:
        return self.start[id_] + self.activities[id_].days


def critical_path(activities: Iterable[Activity]) -> dict[str, Times]:
    """The times of every activity, by id.

    A tie to what is not there is passed over; where ties run in a circle, the first by id of those
    that wait for each other waits no longer.
    """
    network = _Network({one.id: one for one in activities})
    _put_in_order(network)
    _forward(network)
    return _backward(network)


def _put_in_order(network: _Network) -> None:
    """Every activity behind all that it waits for."""
    waits = {
        one.id: {tie.after for tie in one.ties if tie.after in network.activities} - {one.id}
        for one in network.activities.values()
    }
    followers: dict[str, list[str]] = {id_: [] for id_ in waits}
    for id_, befores in waits.items():
        for before in befores:
            followers[before].append(id_)
    ready = [id_ for id_, befores in waits.items() if not befores]
    unplaced = sorted(waits, reverse=True)
    placed: set[str] = set()
    while len(placed) < len(waits):
        while not ready:
            first = unplaced.pop()
            if first not in placed:
                ready.append(first)
        id_ = ready.pop()
        if id_ in placed:
            continue
        activity = network.activities[id_]
        network.ties[id_] = tuple(tie for tie in activity.ties if tie.after in placed)
        placed.add(id_)
        for follower in followers[id_]:
            waits[follower].discard(id_)
            if not waits[follower]:
                ready.append(follower)


def _forward(network: _Network) -> None:
    for id_, ties in network.ties.items():
        activity = network.activities[id_]
        pushes = [_push(network, activity, tie) for tie in ties]
        start = max([activity.not_before, *(moment for moment, _ in pushes)])
        if activity.finished is not None:
            at = activity.not_before if start == activity.not_before else activity.finished
            start = at if activity.days == 0 else activity.finished - activity.days
        elif start > activity.not_before:
            moments = [moment for moment, _ in pushes]
            network.pushed_by[id_] = ties[moments.index(start)].after
        network.start[id_] = start
        by_evening = all(evening for moment, evening in pushes if moment == start)
        if activity.days == 0 and start > activity.not_before and by_evening:
            network.evening.add(id_)


def _push(network: _Network, activity: Activity, tie: Tie) -> tuple[int, bool]:
    """The earliest start that a tie leaves, and whether it is the end of a day's work."""
    before = network.activities[tie.after]
    from_finish = tie.type in FROM_FINISH
    moment = network.finish(before.id) if from_finish else network.start[before.id]
    moment += tie.lag - (activity.days if tie.type in TO_FINISH else 0)
    return moment, (from_finish if before.days else before.id in network.evening)


def _backward(network: _Network) -> dict[str, Times]:
    end = max((network.finish(id_) for id_ in network.activities), default=0)
    late_finish = dict.fromkeys(network.activities, end)
    free = {id_: end - network.finish(id_) for id_ in network.activities}
    times: dict[str, Times] = {}
    for id_, ties in reversed(network.ties.items()):
        activity, start, finish = network.activities[id_], network.start[id_], network.finish(id_)
        done = activity.finished is not None
        if done:
            late_finish[id_], free[id_] = finish, 0
        late_start = late_finish[id_] - activity.days
        times[id_] = Times(
            start,
            finish,
            late_start,
            late_finish[id_],
            free[id_],
            id_ in network.evening,
            done,
            network.pushed_by.get(id_),
        )
        if done:
            continue
        for tie in ties:
            before = network.activities[tie.after]
            late, early = (
                (late_finish[id_], finish) if tie.type in TO_FINISH else (late_start, start)
            )
            days = 0 if tie.type in FROM_FINISH else before.days
            room = late - tie.lag + days
            late_finish[before.id] = min(late_finish[before.id], room)
            free[before.id] = min(
                free[before.id], early - tie.lag + days - network.finish(before.id)
            )
    return times
