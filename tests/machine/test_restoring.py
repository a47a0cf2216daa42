"""What a restore refuses, what a restore that was cut off leaves, and what rests on what is gone."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from events.budget import BudgetSubmitted
from runtime import doctor
from runtime.backup import script
from runtime.backup.agreement import Agreement
from runtime.backup.alone import RestoreRefused
from runtime.backup.lost_causes import lost_causes
from runtime.backup.manifest import MANIFEST, BadBackup
from runtime.backup.programs import ProgramFailed
from runtime.backup.renewing import restored
from runtime.log.contract import Append, NewEvent
from runtime.log.postgres import PostgresStore
from runtime.migrate import UnknownSchema, check, migrate
from tests.carrying.world import cost, production_in
from tests.cli.conftest import Shell
from tests.machine.house import House, folder, house
from tests.servers import fresh_database

pytestmark = [pytest.mark.integration, pytest.mark.long]

LIGHTHOUSE = production_in(3)
NO_KAFKA = "127.0.0.1:1"
LOGS = ("approval", "budget", "contract", "schedule")


@pytest.fixture(scope="module")
def migrated(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database that has every schema and no fact."""
    with house(database_url, NO_KAFKA, tmp_path_factory.mktemp("home")) as made:
        migrate(made.schemas)
        migrate(made.read_models)
        yield str(conninfo_to_dict(str(made.settings.database_url))["dbname"])


@pytest.fixture
def here(database_url: str, migrated: str, tmp_path: Path) -> Iterator[House]:
    """An installation whose databases are there, and nothing runs."""
    dsn = fresh_database(database_url, template=migrated)
    with house(database_url, NO_KAFKA, tmp_path / "home", dsn=dsn) as made:
        yield made


def record(
    house: House, log: str, *, event: Any = None, causation: str | None = None, versions: int = 0
) -> str:
    """One fact, recorded by hand; answers its id."""
    fact = event or cost(10)
    event_id = str(uuid.uuid4())

    async def append() -> None:
        import asyncpg

        pool = await asyncpg.create_pool(str(house.settings.database_url), min_size=1, max_size=1)
        store = PostgresStore(log, pool)
        stream = f"costs-{uuid.uuid4()}"
        command = str(uuid.uuid4())
        (answer,) = await store.append(
            [
                Append(
                    command_id=command,
                    fingerprint=b"by hand",
                    production=LIGHTHOUSE,
                    stream=stream,
                    expected=0,
                    actor="maya",
                    correlation=command,
                    causation=causation,
                    events=(NewEvent(event_id, *fact.wire(), fact.encode(), 1),),
                )
            ]
        )
        assert answer.first_position
        await pool.close()

    asyncio.run(append())
    return event_id


def has_folded(house: House, schema: str, log: str, position: int) -> None:
    """Moves a consumer's place by hand."""
    house.sql(
        f"""INSERT INTO {schema}.place (log, partition, incarnation, position, hash, "offset")
            SELECT '{log}', 3, incarnation, event.position, hash, 77
            FROM {log}.head, {log}.event WHERE event.position = {position}
            ON CONFLICT (log, partition) DO UPDATE SET position = EXCLUDED.position,
                hash = EXCLUDED.hash, incarnation = EXCLUDED.incarnation"""
    )


def place(house: House, schema: str, log: str) -> Any:
    rows = house.sql(
        f"""SELECT place.position, place.incarnation = head.incarnation, "offset"
            FROM {schema}.place, {log}.head WHERE place.log = '{log}'"""
    )
    return rows[0] if rows else None


def everything(house: House) -> Any:
    return house.logs(), house.sql("SELECT incarnation::text FROM budget.head")


# --- what is refused -------------------------------------------------------------------------


def changed(path: Path) -> None:
    told = bytearray(path.read_bytes())
    told[len(told) // 2] ^= 1
    path.write_bytes(bytes(told))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def gone(path: Path) -> None:
    path.unlink()


def another_head(path: Path) -> None:
    """A manifest that fits its files, made by whoever changed them."""
    text, _, tag = path.read_text().rstrip().rpartition("\n// seal ")
    told = json.loads(text)
    told["heads"]["budget"]["position"] += 6
    path.write_text(json.dumps(told, indent=2) + f"\n// seal {tag}\n")


@pytest.mark.parametrize(
    ("file", "fault", "cure"),
    [
        ("budget.dump", changed, "take another backup"),
        ("budget.dump", cut_off, "take another backup"),
        ("schedule.dump", gone, "take it from where"),
        (MANIFEST, changed, "take another"),
        (MANIFEST, cut_off, "take another"),
        (MANIFEST, gone, "take another"),
        (MANIFEST, another_head, "REEL_MASTER_KEY"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused_with_the_cure(
    here: House, tmp_path: Path, file: str, fault: Callable[[Path], None], cure: str
) -> None:
    record(here, "budget")
    to = folder(tmp_path)
    here.backup(to)
    record(here, "budget")
    before = everything(here)
    fault(to / file)
    with pytest.raises(BadBackup, match=cure):
        here.restore(to, replace=True)
    assert everything(here) == before


def test_a_backup_of_another_master_key_is_taken_on_trust_alone(
    here: House, tmp_path: Path
) -> None:
    record(here, "budget")
    to = folder(tmp_path)
    here.backup(to)
    shutil.rmtree(here.settings.home / "identity")
    with pytest.raises(BadBackup, match="REEL_MASTER_KEY"):
        here.restore(to, replace=True)
    assert here.restore(to, replace=True, trust=True).rooms[:2] == ("access", "approval")


def test_facts_that_are_there_are_not_taken_away_unasked(here: House, tmp_path: Path) -> None:
    to = folder(tmp_path)
    here.backup(to)
    record(here, "schedule")
    before = everything(here)
    with pytest.raises(RestoreRefused, match="schedule holds 1 facts"):
        here.restore(to)
    assert everything(here) == before
    with pytest.raises(LookupError, match="it has access, approval, budget"):
        here.restore(to, only=("catering",))


def test_who_looked_at_what_since_the_backup_stays_known(here: House, tmp_path: Path) -> None:
    to = folder(tmp_path)
    record(here, "budget")
    here.backup(to)
    here.sql(
        "INSERT INTO access.read (production, person, roles, what, status, correlation) "
        "VALUES (gen_random_uuid(), 'person-piers', '{}', 'contracts', 200, 'c')"
    )
    assert "access" not in here.restore(to, replace=True).rooms
    assert [tuple(row) for row in here.sql("SELECT person FROM access.read")] == [("person-piers",)]
    here.restore(to, replace=True, only=("access",))
    assert here.sql("SELECT person FROM access.read") == []


def test_a_folder_that_is_there_is_not_written_over(here: House, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="new folder"):
        here.backup(tmp_path)


def test_a_database_without_logs_is_told_what_makes_them(database_url: str, tmp_path: Path) -> None:
    with house(database_url, NO_KAFKA, tmp_path / "home") as bare:
        with pytest.raises(LookupError, match="no log approval yet: `reel up`"):
            bare.backup(folder(tmp_path))


def test_nothing_is_restored_under_a_process_and_none_starts_meanwhile(
    here: House, tmp_path: Path
) -> None:
    to = folder(tmp_path)
    here.backup(to)
    url = str(here.settings.database_url)
    with psycopg.connect(url, application_name="reel budget"):
        with pytest.raises(RestoreRefused, match=r"running \(reel budget\)"):
            here.restore(to)
        with pytest.raises(RestoreRefused, match="running"):
            restored(here.settings, here.schemas, [])
    from runtime.backup.alone import alone

    with alone(url):
        with pytest.raises(UnknownSchema, match="being restored"):
            check(here.schemas)
        with pytest.raises(RestoreRefused, match="another restore"), alone(url):
            pass
    check(here.schemas)


def test_a_process_that_slips_in_undoes_the_restore(
    here: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(here, "budget")
    to = folder(tmp_path)
    here.backup(to)
    record(here, "budget")
    before = everything(here)
    sessions = []
    begin = script.beginning

    def late(*arguments: Any) -> bytes:
        url = str(here.settings.database_url)
        sessions.append(psycopg.connect(url, application_name="reel budget"))
        return begin(*arguments)

    monkeypatch.setattr(script, "beginning", late)
    with pytest.raises(ProgramFailed, match="Reel was started meanwhile"):
        here.restore(to, replace=True)
    sessions[0].close()
    assert everything(here) == before


# --- what was cut off ------------------------------------------------------------------------

HANGS = """
import sys, time
from pathlib import Path
from runtime.backup import restoring, script
from runtime.process import schemas
from runtime.settings import Settings

def hang(*_):
    print("hangs", flush=True)
    time.sleep(600)

script.end = hang
settings = Settings(home=sys.argv[1], database_url=sys.argv[2], kafka="127.0.0.1:1")
wish = restoring.Wish(Path(sys.argv[3]), replace=True)
restoring.restore(settings, schemas(settings), wish, lambda said: None)
"""


def test_a_restore_that_is_killed_has_done_nothing_and_is_repeated(
    here: House, tmp_path: Path
) -> None:
    """The dumps are in the database when it dies; only the end of the transaction is missing."""
    record(here, "budget")
    to = folder(tmp_path)
    here.backup(to)
    backed_up = here.logs()
    record(here, "budget")
    before = everything(here)
    arguments = [str(here.settings.home), str(here.settings.database_url), str(to)]
    with subprocess.Popen(
        [sys.executable, "-c", HANGS, *arguments],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"hangs\n"
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while here.sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'psql'"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert everything(here) == before
    here.restore(to, replace=True)
    assert here.logs() == backed_up


def test_a_backup_that_is_cut_off_leaves_no_folder(
    here: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.backup import taking

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    to = folder(tmp_path)
    monkeypatch.setattr(taking, "write", power_cut)
    with pytest.raises(KeyboardInterrupt):
        here.backup(to)
    assert [one.name for one in tmp_path.iterdir()] == ["home"]
    monkeypatch.undo()
    here.backup(to)


# --- who agrees ------------------------------------------------------------------------------


def test_who_is_ahead_is_rewound_and_who_is_not_goes_on(here: House, tmp_path: Path) -> None:
    for _ in range(3):
        record(here, "budget")
    to = folder(tmp_path)
    here.backup(to)
    record(here, "budget")
    has_folded(here, "budget_status_v2", "budget", 4)
    has_folded(here, "timeline_v2", "budget", 3)
    has_folded(here, "inbox_v1", "budget", 2)
    has_folded(here, "approval_service", "budget", 4)
    here.sql("UPDATE timeline_v2.place SET stopped = 'Divergence: the log was restored'")
    done = here.restore(to, only=("budget",), replace=True)
    stood = {one.consumer: one for one in done.standings}
    assert stood["budget_status_v2"].ahead == (
        "budget/3 at 4, but only the facts up to 3 are still there",
    )
    assert stood["timeline_v2"].ahead == () and stood["timeline_v2"].renamed == ("budget",)
    assert place(here, "budget_status_v2", "budget") is None
    assert place(here, "timeline_v2", "budget") == (3, True, -1)
    assert here.sql("SELECT stopped FROM timeline_v2.place") == [(None,)]
    assert place(here, "inbox_v1", "budget") == (2, True, -1)
    assert place(here, "approval_service", "budget") is None
    answered = here.sql(
        """SELECT answered.position, answered.incarnation = head.incarnation
           FROM approval_service.answered, budget.head WHERE log = 'budget'"""
    )
    assert answered == [(3, True)], "facts that are still there are not answered again"
    logs = {log: str(here.settings.database_url) for log in LOGS}
    assert not any(one.ahead or one.renamed for one in asyncio.run(Agreement(logs, []).look()))


def test_a_place_on_another_fact_is_ahead_though_its_position_is_there(
    here: House, tmp_path: Path
) -> None:
    record(here, "budget")
    has_folded(here, "inbox_v1", "budget", 1)
    here.sql("UPDATE inbox_v1.place SET hash = sha256('another')")
    logs = {"budget": str(here.settings.database_url)}
    looked = asyncio.run(Agreement(logs, []).look())
    (inbox,) = [one for one in looked if one.consumer == "inbox_v1"]
    assert inbox.ahead == ("budget/3 at 1 is another fact than the log has there",)


def test_facts_that_rest_on_what_is_gone_are_told(here: House, tmp_path: Path) -> None:
    record(here, "budget")
    to = folder(tmp_path)
    here.backup(to)
    submitted = BudgetSubmitted(version=1, content_hash="a" * 64, total="1.00", currency="USD")
    lost = record(here, "budget", event=submitted)
    resting = record(here, "approval", causation=lost)
    sound = record(here, "schedule", causation=resting)
    done = here.restore(to, only=("budget",), replace=True)
    (told,) = done.lost_causes
    assert (told.log, told.position, told.cause) == ("approval", 1, lost)
    assert "approval position 1" in str(told) and LIGHTHOUSE in str(told)
    logs = {log: str(here.settings.database_url) for log in LOGS}
    record(here, "schedule", causation=sound)
    assert asyncio.run(lost_causes(logs)) == [told]
    consumers, causes, guarded = asyncio.run(doctor._histories(here.settings, up=False))
    assert consumers.ok and not causes.ok and str(told) in causes.said and guarded.ok


def test_the_doctor_names_who_is_ahead_of_a_log_that_was_restored_by_hand(here: House) -> None:
    record(here, "budget")
    has_folded(here, "inbox_v1", "budget", 1)
    here.sql("UPDATE budget.head SET incarnation = gen_random_uuid()")
    consumers, causes, guarded = asyncio.run(doctor._histories(here.settings, up=False))
    assert not consumers.ok and causes.ok and guarded.ok
    assert "inbox_v1" in consumers.said and "reel restored" in consumers.cure
    restored(here.settings, here.schemas, ["budget"])
    assert all(one.ok for one in asyncio.run(doctor._histories(here.settings, up=False)))


def test_without_a_restore_nothing_rests_on_what_is_gone(here: House) -> None:
    record(here, "approval", causation=str(uuid.uuid4()))
    logs = {log: str(here.settings.database_url) for log in LOGS}
    assert asyncio.run(lost_causes(logs)) == []


def test_after_postgresql_was_restored_reel_is_told(here: House) -> None:
    """The room's own memory may be of another moment, so it hears all again."""
    for _ in range(2):
        record(here, "budget")
        record(here, "approval")
    has_folded(here, "budget_status_v2", "budget", 2)
    has_folded(here, "approval_service", "budget", 2)
    has_folded(here, "budget_service", "approval", 2)
    before = dict(here.sql("SELECT 'budget', incarnation::text FROM budget.head"))
    done = restored(here.settings, here.schemas, ["budget"])
    assert done.rooms == ("budget",)
    assert here.sql("SELECT incarnation::text FROM budget.head") != [(before["budget"],)]
    assert place(here, "budget_status_v2", "budget") == (2, True, -1)
    assert place(here, "approval_service", "budget") == (2, True, -1)
    assert place(here, "budget_service", "approval") is None
    assert here.sql("SELECT count(*) FROM budget_service.answered") == [(0,)]
    with pytest.raises(LookupError, match="there is no log 'catering'"):
        restored(here.settings, here.schemas, ["catering"])


# --- the command line ------------------------------------------------------------------------


def test_the_command_line_backs_up_and_restores(here: House, tmp_path: Path) -> None:
    record(here, "budget")
    to = folder(tmp_path)
    shell = Shell(here.settings.home)
    named = {
        "REEL_DATABASE_URL": str(here.settings.database_url),
        "REEL_KAFKA": NO_KAFKA,
    }
    taken = shell.reel("backup", str(to), **named)
    assert taken.exit_code == 0, taken.output
    assert "Backed up in" in taken.stdout and "vault.dump holds the keys" in taken.stdout
    assert "Dumping budget and budget_service" in taken.stderr
    again = shell.reel("backup", str(to), **named)
    assert again.exit_code != 0 and "name a new folder" in again.stderr
    refused = shell.reel("restore", str(to), **named)
    assert refused.exit_code == 2
    assert "--replace agrees to that" in " ".join(refused.stderr.split())
    done = shell.reel("restore", str(to), "--replace", "--json", **named)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rooms"][:3] == ["access", "approval", "budget"]
    told = shell.reel("restored", "budget", **named)
    assert told.exit_code == 0 and "Restored: budget." in told.stdout, told.output
