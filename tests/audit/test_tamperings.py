"""A thousand ways to cheat, by one who may write everything and lacks the key and the anchors."""

import os
import random

import pytest

from runtime.audit.anchors import Anchors
from runtime.audit.findings import Finding
from runtime.audit.report import Report
from runtime.audit.verifying import verify
from tests.audit.attacker import KINDS, Attack, chained_anew
from tests.audit.making import LOGS, Books, MemoryLog, kept_books
from tests.carrying.history import done

pytestmark = [pytest.mark.unit, pytest.mark.long]

TAMPERINGS = 1_050
SEED = int(os.environ.get("REEL_TAMPER_SEED", random.SystemRandom().randrange(2**32)))
BOOKS = kept_books()
ANCHORS = BOOKS.anchors()
RESTORES = ("a_restore_is_invented", "the_log_is_said_to_be_a_new_one")


def attacked(number: int, kind: str) -> tuple[Attack, int]:
    """Books that were tampered with, and the first position that is not what it was."""
    chance = random.Random(f"{SEED} {kind} {number}")
    while True:
        log = chance.choice(LOGS)
        (*_, anchored) = (head.position for _, head in ANCHORS.of_log(log))
        logs = {name: list(events) for name, events in BOOKS.logs.items()}
        attack = Attack(chance, logs, dict(BOOKS.incarnations), log, anchored)
        KINDS[kind](attack)
        chained_anew(attack)
        first = first_difference(attack)
        if first <= anchored:
            return attack, first


def first_difference(attack: Attack) -> int:
    before, after = BOOKS.logs[attack.log], attack.events
    pairs = zip(before, after, strict=False)
    same = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    return (min(len(before), len(after)) if same is None else same) + 1


def read(attack: Attack, anchors: Anchors, production: str | None = None) -> Report:
    logs = [
        MemoryLog(
            log,
            attack.logs[log],
            attack.incarnations[log],
            attack.histories if log == attack.log else (),
        )
        for log in LOGS
    ]
    return done(verify(logs, anchors, production))


def of_log(report: Report, log: str) -> list[Finding]:
    return [one for one in report.all_findings if one.log == log]


def test_books_that_nobody_touched_are_found_in_order() -> None:
    report = done(verify(BOOKS.readable(), ANCHORS))
    assert report.all_findings == []
    assert [(log.events, log.held) for log in report.logs] == [
        (len(BOOKS.logs[log]), 4) for log in LOGS
    ]
    assert all(log.productions == 3 for log in report.logs)


@pytest.mark.parametrize("kind", KINDS)
def test_every_tampering_is_found_and_located_though_every_chain_fits(kind: str) -> None:
    """Without the anchors nothing is wrong with it, as a quarter of them shows: he has seen to it."""
    print(f"REEL_TAMPER_SEED={SEED}")
    times = -(-TAMPERINGS // len(KINDS))
    for number in range(times):
        attack, first = attacked(number, kind)
        assert read(attack, Anchors()).all_findings == [], (
            f"{kind} {number}: he was not good enough"
        )
        report = read(attack, ANCHORS)
        found = of_log(report, attack.log)
        assert found, f"{kind} {number} was not found"
        (log,) = (one for one in report.logs if one.log == attack.log)
        if kind not in RESTORES:
            assert found[0].position is not None
            assert log.held_to < first <= found[0].position, f"{kind} {number} is somewhere else"


def test_there_are_a_thousand_of_them_and_enough_kinds() -> None:
    assert len(KINDS) >= 12
    assert -(-TAMPERINGS // len(KINDS)) * len(KINDS) >= 1_000


@pytest.mark.parametrize("kind", KINDS)
def test_who_asks_about_one_production_hears_of_it_as_well(kind: str) -> None:
    attack, _ = attacked(0, kind)
    films = {one.production for one in attack.events} or {BOOKS.logs[attack.log][0].production}
    for film in films:
        assert of_log(read(attack, ANCHORS, film), attack.log)


def test_what_is_changed_behind_the_last_anchor_alone_is_said_to_be_covered_by_none() -> None:
    """Nobody could find it, so it has to be said which positions rest on their chain alone."""
    logs = {name: list(events) for name, events in BOOKS.logs.items()}
    attack = Attack(random.Random(1), logs, dict(BOOKS.incarnations), "budget", 0)
    last = len(attack.events)
    attack.change(last - 1, payload='{"forged":true}')
    chained_anew(attack)
    report = read(attack, ANCHORS)
    assert report.all_findings == []
    (anchored,) = (one.held_to for one in report.logs if one.log == "budget")
    (said,) = (one for one in report.all_remarks if one.startswith("budget"))
    assert f"positions {anchored + 1} to {last} are covered by no anchor" in said


def test_the_next_anchor_covers_what_the_last_one_did_not() -> None:
    books = Books(dict(BOOKS.logs), dict(BOOKS.incarnations), list(BOOKS.lines))
    books.anchor()
    report = done(verify(books.readable(), books.anchors()))
    assert (report.all_findings, report.all_remarks) == ([], [])
