"""A run of the bench fails when a part does, when a figure is void, and when a ratio fell by half."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.agreeing import agreement, kept
from bench.apart import run_apart
from bench.figures import Beside, Better, Rounds, Row, quickest
from bench.ground import Ground
from bench.paper import KEPT, PAPER, PICTURE, drawn, with_table
from bench.parts import PARTS, Part
from bench.showing import rows_of
from bench.slates import slate
from bench.verdict import COMMITTED, ratios_of, slower, verdict

pytestmark = pytest.mark.unit


def row(
    ratio: float,
    better: Better = Better.MORE,
    faults: tuple[str, ...] = (),
    spread: tuple[float, float] | None = None,
) -> Row:
    spread = spread or (ratio, ratio)
    beside = Beside("a peer, 16 clients", 10, "commands/s", (9, 11), ratio, spread, 1, better)
    return Row("append", 10, "commands/s", (9, 11), beside=[beside], faults=list(faults))


def result(*rows: Row, failed: str | None = None) -> dict[str, Any]:
    return {"parts": {"append": {"rows": [one.as_json() for one in rows], "failed": failed}}}


def test_a_run_as_good_as_the_committed_one_passes() -> None:
    assert verdict(result(row(1.0)), ratios_of(result(row(1.0)))) == 0


def test_a_ratio_of_less_than_half_fails_the_run() -> None:
    assert verdict(result(row(0.51)), ratios_of(result(row(1.0)))) == 0
    assert verdict(result(row(0.49)), ratios_of(result(row(1.0)))) == 1


def test_where_less_is_better_twice_as_much_fails_the_run() -> None:
    then = ratios_of(result(row(2.0, Better.LESS)))
    assert verdict(result(row(3.9, Better.LESS)), then) == 0
    assert verdict(result(row(4.1, Better.LESS)), then) == 1


def test_one_round_that_was_disturbed_does_not_fail_the_run() -> None:
    then = ratios_of(result(row(1.0)))
    assert verdict(result(row(0.4, spread=(0.1, 0.9))), then) == 0
    assert verdict(result(row(0.4, spread=(0.1, 0.45))), then) == 1
    then = ratios_of(result(row(2.0, Better.LESS)))
    assert verdict(result(row(5.0, Better.LESS, spread=(2.2, 9.0))), then) == 0
    assert verdict(result(row(5.0, Better.LESS, spread=(4.2, 9.0))), then) == 1


def test_what_a_slower_processor_explains_does_not_fail_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.verdict.COMMITTED", tmp_path / "committed.json")
    then = {"quick": {"loop_seconds": 0.1, "ratios": {}}}
    run = result(row(0.3)) | {"form": "quick", "loop_seconds": 0.2}
    assert slower(run) == 1.0, "nothing is committed yet"
    (tmp_path / "committed.json").write_text(json.dumps(then))
    assert slower(run) == 2.0
    assert slower(run | {"loop_seconds": 0.05}) == 1.0, "a quicker one is no reason"
    before = ratios_of(result(row(1.0)))
    assert verdict(run, before, slower(run)) == 0
    assert verdict(result(row(0.24)), before, slower(run)) == 1
    assert verdict(run, before) == 1


def test_the_quickest_number_of_callers_is_that_of_all_looks_together() -> None:
    assert quickest([{4: 700.0, 64: 720.0}, {4: 750.0, 64: 560.0}]) == 4


def test_with_how_many_callers_a_peer_was_quickest_does_not_hide_a_fall() -> None:
    then = json.loads(json.dumps(ratios_of(result(row(1.0)))).replace("16 clients", "8 clients"))
    assert verdict(result(row(0.49)), then) == 1


def test_a_void_figure_fails_the_run() -> None:
    assert verdict(result(row(1.0, faults=("a chain breaks",))), {}) == 1


def test_a_failed_part_fails_the_run() -> None:
    assert verdict(result(failed="Traceback"), {}) == 1


def test_a_ratio_is_taken_round_by_round() -> None:
    rounds = Rounds("commands/s")
    for own, other in ((10, 10), (30, 10), (10, 20)):
        rounds.add("own", own)
        rounds.add("other", other)
    beside = rounds.beside("own", "other", "another")
    assert (beside.ratio, beside.ratio_spread) == (1.0, (0.5, 3.0))


def test_a_round_that_reached_nothing_is_no_figure() -> None:
    with pytest.raises(ValueError, match="reached nothing"):
        Rounds("commands/s").add("own", 0)


def test_a_part_that_fails_tells_its_traceback_and_does_not_take_the_others_with_it(
    tmp_path: Path,
) -> None:
    ground = Ground("postgresql://nobody@127.0.0.1:1/nothing", None, True, str(tmp_path))
    outcome = run_apart(Part("append"), ground)
    assert outcome["rows"] == []
    assert "Traceback" in outcome["failed"]
    assert "Connect" in outcome["failed"] or "connection" in outcome["failed"]


def test_a_row_is_the_same_after_it_was_written_down() -> None:
    one = row(0.5, Better.LESS)
    assert Row.of(json.loads(json.dumps(one.as_json()))) == one


@pytest.mark.parametrize(
    ("then", "agrees"),
    [((0.9, 1.1), True), ((0.9, 0.95), True), ((0.7, 0.8), False), ((1.3, 1.4), False)],
)
def test_two_runs_agree_where_either_median_lies_among_the_rounds_of_the_other(
    then: tuple[float, float], agrees: bool
) -> None:
    now = result(row(1.0, spread=(0.85, 1.2)))
    before = kept(run(row(sum(then) / 2, spread=then)), "full")
    told, _, *apart = agreement(now, before)
    assert f"of 1 ratios {int(agrees)} agree" in told and "2026-11-27 04:12 UTC" in told
    assert len(apart) == (0 if agrees else 2)


def test_a_ratio_that_the_run_before_had_not_is_held_against_nothing() -> None:
    (told, _) = agreement(result(row(1.0)), kept(run(), "full"))
    assert "of 0 ratios 0 agree" in told


def test_a_run_is_held_against_one_of_its_own_form() -> None:
    with pytest.raises(ValueError, match="the run before is of the full form, this one of the q"):
        kept(run(), "quick")


def run(*rows: Row) -> dict[str, Any]:
    return result(*rows) | {"form": "full", "at": "2026-11-27T04:12:30"}


def test_the_committed_ratios_are_of_parts_that_the_short_form_has() -> None:
    committed = json.loads(COMMITTED.read_text())["quick"]["ratios"]
    assert committed
    assert any(part.quick for part in PARTS.values())
    assert all(one["ratio"] > 0 for one in committed.values())


def test_the_table_and_the_picture_follow_from_the_run_that_is_kept() -> None:
    kept = json.loads(KEPT.read_text())
    assert with_table(PAPER.read_text(), kept) == PAPER.read_text(), "python -m bench.paper"
    assert drawn(rows_of(kept)) == PICTURE.read_text(), "python -m bench.paper"


def test_a_film_of_the_slate_plans_its_budget_and_spends_less() -> None:
    for film in slate(None, quick=False)[::37]:
        assert sum(film.shares()) == film.budget
        assert 0 < film.spent() < film.budget
