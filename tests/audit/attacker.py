"""Somebody who may write every row, and chains anew what he has changed.

He lacks the signing key and the anchors, and nothing else: positions, versions, partitions, times,
hashes, heads and causes all fit when he is done.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from events.envelope import GENESIS, Recorded
from events.names import id_of
from runtime.audit.findings import Incarnation
from runtime.log.partition import partition_of

Events = list[Recorded]


@dataclass
class Attack:
    """All logs, and the one that is attacked, which is anchored up to `anchored`."""

    chance: random.Random
    logs: dict[str, Events]
    incarnations: dict[str, str]
    log: str
    anchored: int
    histories: tuple[Incarnation, ...] = ()

    @property
    def events(self) -> Events:
        return self.logs[self.log]

    def place(self, *, last: int = 0) -> int:
        """The index of an anchored event; `last` keeps away from the end of what is anchored."""
        return self.chance.randrange(self.anchored - last)

    def new_id(self) -> str:
        return id_of("forged", str(self.chance.random()))

    def change(self, index: int, **fields: object) -> None:
        self.events[index] = replace(self.events[index], **fields)  # type: ignore[arg-type]

    def command_at(self, index: int) -> range:
        """The events of the command to which that one belongs."""
        of = [
            n
            for n, one in enumerate(self.events)
            if one.command_id == self.events[index].command_id
        ]
        return range(of[0], of[-1] + 1)


Kind = Callable[[Attack], None]
KINDS: dict[str, Kind] = {}


def kind(forge: Kind) -> Kind:
    """One more way to cheat."""
    KINDS[forge.__name__] = forge
    return forge


# --- changed ---------------------------------------------------------------------------------


@kind
def an_amount_is_changed(attack: Attack) -> None:
    index = attack.place()
    payload = attack.events[index].payload
    digits = [n for n, one in enumerate(payload) if one.isdigit()]
    at = attack.chance.choice(digits) if digits else None
    if at is None:
        attack.change(index, payload='{"forged":true}')
    else:
        attack.change(
            index, payload=payload[:at] + str((int(payload[at]) + 1) % 10) + payload[at + 1 :]
        )


@kind
def a_space_is_added_to_what_is_stored(attack: Attack) -> None:
    index = attack.place()
    attack.change(index, payload=attack.events[index].payload + " ")


@kind
def another_did_it(attack: Attack) -> None:
    command = attack.command_at(attack.place())
    for index in command:
        attack.change(index, actor="person-somebody-else")


@kind
def it_holds_from_another_day(attack: Attack) -> None:
    index = attack.place()
    days = attack.chance.choice([-90, -1, 1, 30]) * 86_400_000_000
    attack.change(index, effective_at_us=attack.events[index].effective_at_us + days)


@kind
def it_was_recorded_at_another_time(attack: Attack) -> None:
    index = attack.place()
    attack.change(index, recorded_at_us=attack.events[index].recorded_at_us + 1)


@kind
def it_is_another_fact(attack: Attack) -> None:
    attack.change(attack.place(), type=f"{attack.log}.SomethingElse")


@kind
def it_has_another_shape(attack: Attack) -> None:
    index = attack.place()
    attack.change(index, schema_version=attack.events[index].schema_version + 1)


@kind
def it_has_another_id(attack: Attack) -> None:
    attack.change(attack.place(), id=attack.new_id())


@kind
def another_command_recorded_it(attack: Attack) -> None:
    command, new = attack.command_at(attack.place()), attack.new_id()
    for index in command:
        attack.change(index, command_id=new)


@kind
def its_request_is_another(attack: Attack) -> None:
    for index in attack.command_at(attack.place()):
        attack.change(index, correlation="a request that nobody made")


@kind
def its_cause_is_hidden(attack: Attack) -> None:
    index = attack.chance.choice(
        [n for n in range(attack.anchored) if attack.events[n].causation] or [attack.place()]
    )
    for one in attack.command_at(index):
        attack.change(one, causation=None, hops=attack.events[one].hops + 1)


@kind
def it_is_in_another_stream(attack: Attack) -> None:
    index = attack.place()
    attack.change(index, stream=f"costs-{attack.new_id()}", command_id=attack.new_id())


@kind
def it_is_another_productions(attack: Attack) -> None:
    """A fact, and all of its stream, moves from one film to another."""
    one = attack.events[attack.place()]
    others = [event.production for event in attack.events if event.production != one.production]
    new = attack.chance.choice([*others, attack.new_id()])
    for index, event in enumerate(attack.events):
        if event.stream == one.stream:
            attack.change(index, production=new)


@kind
def two_payloads_change_places(attack: Attack) -> None:
    first, second = attack.place(), attack.place()
    one, other = attack.events[first].payload, attack.events[second].payload
    attack.change(first, payload=other)
    attack.change(second, payload=one)


# --- inserted and deleted --------------------------------------------------------------------


def forged(attack: Attack, like: Recorded) -> Recorded:
    return replace(
        like,
        id=attack.new_id(),
        command_id=attack.new_id(),
        payload='{"forged":true}',
        causation=None,
    )


@kind
def an_event_is_inserted(attack: Attack) -> None:
    index = attack.place()
    attack.events.insert(index, forged(attack, attack.events[index]))


@kind
def an_event_is_put_before_all_others(attack: Attack) -> None:
    attack.events.insert(0, forged(attack, attack.events[0]))


@kind
def a_production_is_invented(attack: Attack) -> None:
    index, film = attack.place(), attack.new_id()
    made = replace(forged(attack, attack.events[index]), production=film, stream=f"costs-{film}")
    attack.events.insert(index, made)


@kind
def an_event_is_told_twice(attack: Attack) -> None:
    index = attack.place()
    made = replace(attack.events[index], id=attack.new_id(), command_id=attack.new_id())
    attack.events.insert(index + 1, made)


@kind
def an_event_is_deleted(attack: Attack) -> None:
    del attack.events[attack.place()]


@kind
def a_command_is_deleted(attack: Attack) -> None:
    command = attack.command_at(attack.place())
    del attack.events[command.start : command.stop]


@kind
def a_stream_is_deleted(attack: Attack) -> None:
    stream = attack.events[attack.place()].stream
    attack.events[:] = [one for one in attack.events if one.stream != stream]


@kind
def a_production_is_deleted(attack: Attack) -> None:
    film = attack.events[attack.place()].production
    attack.events[:] = [one for one in attack.events if one.production != film]


@kind
def an_event_takes_anothers_place(attack: Attack) -> None:
    """One is deleted and one invented, so that the log is as long as before."""
    index = attack.place()
    attack.events[index] = forged(attack, attack.events[index])


# --- reordered -------------------------------------------------------------------------------


def moved(attack: Attack, first: int, second: int) -> None:
    """Two events change places, and say so of no cause."""
    one, other = attack.events[first], attack.events[second]
    gone = {one.id, other.id}
    attack.events[first], attack.events[second] = (
        replace(other, recorded_at_us=one.recorded_at_us, causation=None),
        replace(one, recorded_at_us=other.recorded_at_us, causation=None),
    )
    for events in attack.logs.values():
        for index, event in enumerate(events):
            if event.causation in gone:
                events[index] = replace(event, causation=None)


@kind
def two_neighbours_change_places(attack: Attack) -> None:
    index = attack.place(last=1)
    moved(attack, index, index + 1)


@kind
def two_events_change_places(attack: Attack) -> None:
    moved(attack, attack.place(), attack.place())


@kind
def all_is_told_backwards(attack: Attack) -> None:
    times = [one.recorded_at_us for one in attack.events]
    for events in attack.logs.values():
        events[:] = [replace(one, causation=None) for one in events]
    attack.events[:] = [
        replace(one, recorded_at_us=at)
        for one, at in zip(reversed(attack.events), times, strict=True)
    ]


# --- cut off ---------------------------------------------------------------------------------


@kind
def the_end_is_cut_off(attack: Attack) -> None:
    del attack.events[attack.place() :]


@kind
def everything_is_cut_off(attack: Attack) -> None:
    attack.events.clear()


@kind
def the_end_is_cut_off_and_others_grow(attack: Attack) -> None:
    """As long as before, or longer, with other facts."""
    index = attack.place()
    like = attack.events[: index + 1]
    length = len(attack.events) - index + attack.chance.randrange(10)
    attack.events[index:] = [forged(attack, attack.chance.choice(like)) for _ in range(length)]


# --- wholly rewritten ------------------------------------------------------------------------


@kind
def the_log_is_wholly_rewritten(attack: Attack) -> None:
    attack.events[:] = [forged(attack, one) for one in attack.events]


@kind
def both_logs_are_wholly_rewritten(attack: Attack) -> None:
    for events in attack.logs.values():
        events[:] = [forged(attack, one) for one in events]


@kind
def one_production_is_wholly_rewritten(attack: Attack) -> None:
    film = attack.events[attack.place()].production
    attack.events[:] = [
        forged(attack, one) if one.production == film else one for one in attack.events
    ]


# --- with a tale of a restore ----------------------------------------------------------------


@kind
def a_restore_is_invented(attack: Attack) -> None:
    """The end is cut off, and the log says that it was restored to before it."""
    before, index = attack.incarnations[attack.log], attack.place()
    del attack.events[index:]
    attack.incarnations[attack.log] = attack.new_id()
    attack.histories = (
        Incarnation(before, None, 0),
        Incarnation(attack.incarnations[attack.log], before, index),
    )


@kind
def the_log_is_said_to_be_a_new_one(attack: Attack) -> None:
    """Something is changed, and the log has another incarnation and knows of none before."""
    index = attack.place()
    attack.change(index, payload='{"forged":true}')
    attack.incarnations[attack.log] = attack.new_id()
    attack.histories = (Incarnation(attack.incarnations[attack.log], None, 0),)


# --- and chained anew ------------------------------------------------------------------------


def chained_anew(attack: Attack) -> None:
    """Makes everything fit again, in all logs."""
    known = {one.id for events in attack.logs.values() for one in events}
    for log, events in attack.logs.items():
        events[:] = _numbered(log, events, known, attack)
    for _ in range(20):
        caused = {one.id: one.recorded_at_us for events in attack.logs.values() for one in events}
        settled = True
        for events in attack.logs.values():
            settled &= _timed(events, caused)
        if settled:
            break
    else:
        raise AssertionError("causes in a circle: this attacker is caught by his own times")
    for events in attack.logs.values():
        _hashed(events)


_SHARED = ("command_id", "production", "stream", "actor", "correlation", "causation", "hops")


def _numbered(log: str, events: Sequence[Recorded], known: set[str], attack: Attack) -> Events:
    made: Events = []
    versions: dict[str, int] = {}
    heads = [0] * 12
    commands: set[str] = set()
    ids: set[str] = set()
    before: Recorded | None = None
    for position, one in enumerate(events, 1):
        causation = one.causation if one.causation in known else None
        shared = before is not None and all(
            getattr(one, name) == getattr(before, name) for name in _SHARED
        )
        again = not shared and one.command_id in commands
        partition = partition_of(one.production, 12)
        versions[one.stream] = versions.get(one.stream, 0) + 1
        done = replace(
            one,
            position=position,
            partition=partition,
            previous=heads[partition],
            version=versions[one.stream],
            id=attack.new_id() if one.id in ids else one.id,
            command_id=attack.new_id() if again else one.command_id,
            causation=causation,
            ordinal=made[-1].ordinal + 1 if shared else 0,
        )
        if shared:
            done = replace(done, command_id=made[-1].command_id, causation=made[-1].causation)
        commands.add(done.command_id)
        ids.add(done.id)
        heads[partition] = position
        made.append(done)
        before = one
    return made


# What `_numbered` has made is this attacker's own, so that it may be changed where it stands.


def _timed(events: Events, caused: dict[str, int]) -> bool:
    settled, last = True, 0
    for one in events:
        cause = caused.get(one.causation, 0) if one.causation else 0
        at = max(one.recorded_at_us, last + 1, cause + 1)
        if at != one.recorded_at_us:
            object.__setattr__(one, "recorded_at_us", at)
            settled = False
        last = at
    return settled


def _hashed(events: Events) -> None:
    links: dict[str, bytes] = {}
    for one in events:
        links[one.production] = one.hash_after(links.get(one.production, GENESIS))
        object.__setattr__(one, "hash", links[one.production])
