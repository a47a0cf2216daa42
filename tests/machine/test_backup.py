"""A backup that is taken while all runs is what the logs were at its moment, wherever it goes."""

import threading
from pathlib import Path

import httpx
import pytest

from runtime.backup.manifest import read
from tests.http.film import LEADER, code, good
from tests.http.instance import wait_for
from tests.machine.house import House, cost, film_of, folder, house, new_film

pytestmark = [pytest.mark.integration, pytest.mark.long]


def test_a_backup_under_load_is_restored_on_an_empty_server(
    database_url: str, kafka: str, tmp_path: Path
) -> None:
    """Everything acknowledged before it is in it, nothing is torn, the rest goes on from there."""
    home, to = tmp_path / "home", folder(tmp_path)
    with house(database_url, kafka, home) as old:
        with old.up() as instance:
            film = new_film(instance)
            before = [cost(film, f"INV-{number}") for number in range(5)]
            stop, after = threading.Event(), list[str]()

            def load() -> None:
                while not stop.is_set():
                    after.append(cost(film, f"MORE-{len(after)}"))

            loading = threading.Thread(target=load)
            loading.start()
            wait_for("some load", lambda: len(after) > 3)
            manifest = old.backup(to)
            made = len(after)
            wait_for("more load", lambda: len(after) > made + 3)
            stop.set()
            loading.join()
        whole = old.logs()

    head = manifest.heads["budget"].position
    assert int(before[-1].rpartition(":")[2]) <= head < len(whole["budget"])
    assert read(to, None) == manifest and manifest.moments == 1
    assert sorted(one.name for one in to.iterdir()) == [
        *("access.dump", "anchors.reel", "approval.dump", "budget.dump", "contract.dump"),
        *("manifest.json", "schedule.dump"),
        "vault.dump",
    ]
    with house(database_url, kafka, home) as new:
        done = new.restore(to)
        assert done.lost_causes == () and not any(one.ahead for one in done.standings)
        cut = {log: events[: manifest.heads[log].position] for log, events in whole.items()}
        assert new.logs() == cut
        with new.up() as instance:
            film = film_of(instance, film.production)
            answer = film.client(LEADER).get(
                f"{film.home}/budget-status", params={"after": before[-1]}
            )
            assert (answer.status_code, code(answer)) == (410, "restored-since")
            token = cost(film, "INV-AGAIN")
            assert int(token.rpartition(":")[2]) == head + 1
            film.status(after=token)
            chain_holds(film)
            rows_are_the_fold(new, film)


def chain_holds(film: object) -> None:
    from runtime.cli.chains import audit_line

    trail = [entry for log in ("approval", "budget") for entry in film.trail(log)]  # type: ignore[attr-defined]
    assert "chain holds" in audit_line(trail)


def rows_are_the_fold(of: House, film: object) -> None:
    """The rows there are, and those that come when all is folded anew, are the same."""
    import asyncio

    from runtime.reading.rewind import rewind

    def settled() -> bool:
        return not of.sql(
            " UNION ALL ".join(
                f"SELECT 1 FROM {one.name}.place JOIN {log}.head ON place.log = '{log}' "
                f"WHERE place.position <> head.partitions[place.partition + 1]"
                for one in of.read_models
                for log in ("approval", "budget", "contract", "schedule")
            )
        )

    wait_for("all that was recorded", settled)
    stood = of.rows()
    assert any(stood.values())
    for one in of.read_models:
        asyncio.run(rewind(one.database_url, one.name))
    wait_for("the fold", lambda: of.sql("SELECT 1 FROM budget_status_v2.place LIMIT 1"))
    wait_for("the fold", settled, 120)
    assert of.rows() == stood


def test_a_restore_on_top_takes_the_later_facts_away_and_everybody_agrees(
    database_url: str, kafka: str, tmp_path: Path
) -> None:
    """The topic still holds them, under a history that is given up; and then it happens again."""
    to = folder(tmp_path)
    with house(database_url, kafka, tmp_path / "home") as here:
        with here.up() as instance:
            film = new_film(instance, name="Rosalind Achterberg")
            kept = cost(film, "INV-1", "100.00")
            film.status(after=kept)
            manifest = here.backup(to)
            lost = [cost(film, f"LOST-{number}", "7000.00") for number in range(3)]
            film.status(after=lost[-1])
            with pytest.raises(ValueError, match="Reel is running"):
                here.restore(to, replace=True)
        with pytest.raises(ValueError, match=r"budget holds \d+ facts.*--replace"):
            here.restore(to, only=("budget",))
        for turn in range(2):
            done = here.restore(to, replace=True)
            ahead = {one.consumer for one in done.standings if one.ahead}
            assert "budget_status_v2" in ahead
            assert "day_out_of_days_v1" not in ahead, "it hears nothing of the budget"
            assert done.vault.startswith("kept")
            with here.up() as instance:
                film = film_of(instance, film.production)
                token = cost(film, f"NEW-{turn}", "20.00")
                assert token.rpartition(":")[2] == lost[0].rpartition(":")[2]
                (total,) = {row["cost_to_date"] for row in film.status(after=token)["rows"]} - {
                    "0.00"
                }
                assert total == "120.00"
                assert posted(film) == ["INV-1", f"NEW-{turn}"]
                for old in (kept, lost[-1]):
                    answer: httpx.Response = film.client(LEADER).get(
                        f"{film.home}/budget-status", params={"after": old}
                    )
                    assert (answer.status_code, code(answer)) == (410, "restored-since")
                rows_are_the_fold(here, film)
        histories = here.sql(
            "SELECT incarnation::text, parent::text, branched_at FROM budget.incarnation"
        )
        first = manifest.heads["budget"]
        assert sorted(str(one[1]) for one in histories) == sorted(
            ["None", *[first.incarnation] * 2]
        )
        assert {one[2] for one in histories} == {0, first.position}


def posted(film: object) -> list[str]:
    return [
        entry["data"]["posting"]
        for entry in film.trail("budget")  # type: ignore[attr-defined]
        if entry["type"] == "budget.CostPosted"
    ]


def test_without_the_vault_everything_works_and_names_are_erased(
    database_url: str, kafka: str, tmp_path: Path
) -> None:
    """Until the vault, which was kept elsewhere, is restored too."""
    home, to = tmp_path / "home", folder(tmp_path)
    with house(database_url, kafka, home) as old, old.up() as instance:
        film = new_film(instance, team=False, name="Zoë Tremblant")
        old.backup(to)
    elsewhere = (to / "vault.dump").rename(tmp_path / "vault.dump")
    with house(database_url, kafka, home) as new:
        assert new.restore(to).vault == "not in the backup: personal texts say [erased]"
        with new.up() as instance:
            film = film_of(instance, film.production)
            assert name_in(film) == "[erased]"
            new_one = {"person": film.person("Somebody New"), "role": "auditor"}
            good(film.give(LEADER, "approval/appoint-person", new_one | {"name": "Somebody New"}))
            assert name_in(film, 1) == "Somebody New"
        elsewhere.rename(to / "vault.dump")
        assert new.restore(to, replace=True).vault.startswith("kept")
        assert new.restore(to, replace=True, with_vault=True).vault.startswith("restored")
        with new.up() as instance:
            assert name_in(film_of(instance, film.production)) == "Zoë Tremblant"


def name_in(film: object, number: int = 0) -> str:
    told = [entry["data"].get("name") for entry in film.trail("approval")]  # type: ignore[attr-defined]
    name: str = [one for one in told if one is not None][number]
    return name
