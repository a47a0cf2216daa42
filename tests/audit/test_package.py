"""The sample film, handed out by the command and verified by plain Python in an empty folder."""

import asyncio
import json
import os
import random
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from typer.testing import CliRunner, Result

from events.envelope import verified
from runtime import rooms
from runtime.audit.anchoring import anchor
from runtime.audit.package import verifier
from runtime.audit.package.tables import columns_of, csv_of, lines_of, read
from runtime.audit.package.written import recorded_of
from runtime.cli import app
from runtime.people.kept import master_key
from runtime.people.sealed import is_sealed
from runtime.people.vault import Vault
from runtime.pools import Pools
from runtime.reading.tables import Tables
from runtime.settings import settings
from tests.audit.filming import play
from tests.audit.packing import plainly, unpacked
from tests.http.film import LEADER, Film, good
from tests.http.instance import Instance, wait_for
from tests.journey.test_whole_film import is_quiet

pytestmark = [pytest.mark.integration, pytest.mark.long]

SEED = int(os.environ.get("REEL_SEED") or random.SystemRandom().randrange(10**6))
FLIPS = 150


class Desk:
    """The command line of whoever runs the instance."""

    def __init__(self, instance: Instance) -> None:
        self._said = {
            "REEL_DATABASE_URL": str(instance.settings.database_url),
            "REEL_KAFKA": str(instance.settings.kafka),
            "REEL_TOPIC_PREFIX": instance.settings.topic_prefix,
            "REEL_HOME": str(instance.settings.home),
            "COLUMNS": "200",
        }

    def reel(self, *words: str) -> Result:
        before = dict(os.environ)
        kept = {name: text for name, text in before.items() if not name.startswith("REEL_")}
        logging = structlog.get_config()
        os.environ.clear()
        os.environ |= kept | self._said
        settings.cache_clear()
        try:
            return CliRunner().invoke(app, list(words))
        finally:
            structlog.configure(**logging)
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()

    def export(self, production: str, to: Path, *words: str) -> dict[str, Any]:
        """Hands it out; answers what the command says of it."""
        done = self.reel("audit", "export", production, "--to", str(to), "--json", *words)
        assert done.exit_code == 0, done.output
        said: dict[str, Any] = json.loads(done.stdout)
        return said


@pytest.fixture(scope="module")
def desk(instance: Instance) -> Desk:
    return Desk(instance)


@pytest.fixture(scope="module")
def film(instance: Instance) -> Film:
    film = play(instance)
    wait_for("that all is heard", lambda: is_quiet(instance, film.production))
    return film


@pytest.fixture(scope="module")
def archive(desk: Desk, film: Film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("handed-out") / "film.zip"
    desk.export(film.production, path)
    return path


@pytest.fixture
def folder(archive: Path, tmp_path: Path) -> Iterator[Path]:
    """The package, moved into a folder that was empty."""
    yield unpacked(archive.read_bytes(), tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "elsewhere")


def files_of(path: Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(path) as container:
        return {name: container.read(name) for name in container.namelist()}


def test_it_verifies_with_plain_python_away_from_reel(folder: Path, archive: Path) -> None:
    said = plainly(folder)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "VERIFIED" in said.stdout and "The Last Lighthouse" in said.stdout
    assert "Not proven:" in said.stdout and said.stderr == ""
    assert plainly(folder, str(archive)).returncode == 0
    assert plainly(folder, "--public-key", "public-key.pem").returncode == 0
    assert plainly(folder, str(folder / "events")).returncode == 2


def test_it_holds_every_fact_of_every_log(instance: Instance, archive: Path, film: Film) -> None:
    files = files_of(archive)
    for log in rooms.services():
        told = [recorded_of(line) for line in files[f"events/{log}.ndjson"].splitlines()]
        ids = instance.sql(
            f"SELECT id::text, payload::text FROM {log}.event WHERE production = %s "
            "ORDER BY position",
            film.production,
        )
        assert [(one.id, one.payload) for one in told] == ids and len(told) > 90
        verified(told)


def test_its_tables_are_those_that_the_running_instance_holds(
    instance: Instance, archive: Path, film: Film
) -> None:
    files = files_of(archive)

    async def live() -> dict[str, list[list[str]]]:
        connection = await asyncpg.connect(str(instance.settings.database_url))
        found = {}
        for name, projection in rooms.projections().items():
            tables = Tables(projection.schema, projection.view)
            rows = (await tables.load(connection, [film.production]))[film.production]
            for table in projection.view.tables:
                content = csv_of(columns_of(table), lines_of(table, rows))
                found[f"read-models/{name}/{table.TABLE}.csv"] = read(content)
        await connection.close()
        return found

    for path, lines in asyncio.run(live()).items():
        written = read(files[path])
        assert len(written) == len(lines), path
        for ours, theirs in zip(written, lines, strict=True):
            for cell, was in zip(ours, theirs, strict=True):
                assert cell == was or (is_sealed(was) and not is_sealed(cell)), path


def test_a_changed_byte_is_refused_and_located(archive: Path, folder: Path) -> None:
    chance = random.Random(SEED)
    files = files_of(archive)
    for _ in range(FLIPS):
        name = chance.choice(sorted(files))
        at = chance.randrange(len(files[name]))
        changed = bytearray(files[name])
        changed[at] ^= chance.randrange(1, 256)
        (folder / name).write_bytes(changed)
        report = verifier.checked(str(folder))
        (folder / name).write_bytes(files[name])
        assert any(name in where for where, _ in report.faults), f"{name} {at} (seed {SEED})"


def test_plain_python_says_where(folder: Path) -> None:
    path = folder / "events" / "approval.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].replace(b'"hops":0', b'"hops":1')
    path.write_bytes(b"".join(lines))
    said = plainly(folder)
    assert said.returncode == 1 and "REFUSED" in said.stdout and "Proven" not in said.stdout
    assert "events/approval.ndjson, line 7 (position " in said.stdout


def test_reel_itself_checks_it_and_folds_it_again(desk: Desk, archive: Path, folder: Path) -> None:
    said = desk.reel("audit", "check", str(archive))
    assert said.exit_code == 0 and "folds from exactly these events" in " ".join(
        said.stdout.split()
    )
    (folder / "moment.json").write_bytes(b"{}")
    refused = desk.reel("audit", "check", str(folder), "--json")
    assert refused.exit_code == 1
    assert ["moment.json", "2 bytes, but"] == [
        json.loads(refused.stdout)["faults"][0][0],
        json.loads(refused.stdout)["faults"][0][1][:12],
    ]


def test_nothing_is_overwritten_unless_it_is_said(desk: Desk, film: Film, tmp_path: Path) -> None:
    path = tmp_path / "film.zip"
    path.write_text("mine")
    refused = desk.reel("audit", "export", film.production, "--to", str(path))
    assert refused.exit_code == 2 and "--force" in refused.stderr and path.read_text() == "mine"
    told = desk.reel("audit", "export", film.production, "--to", str(path), "--force")
    assert told.exit_code == 0 and verifier.checked(str(path)).holds
    assert "to verify   python3 verify.py" in told.stdout
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_handed_out_is_said_with_a_cure(desk: Desk, film: Film) -> None:
    nobody = desk.reel("audit", "export", "00000000-0000-0000-0000-00000000abcd")
    assert nobody.exit_code == 2 and "had been opened by" in nobody.stderr
    nothing = desk.reel("audit", "export", "the-last-lighthouse")
    assert nothing.exit_code == 2 and "is no production's id" in nothing.stderr
    soon = desk.reel("audit", "export", film.production, "--as-of", "2999-01-01")
    assert soon.exit_code == 2 and "has not come" in soon.stderr
    never = desk.reel("audit", "export", film.production, "--as-of", "yesterday")
    assert never.exit_code == 2 and "2026-03-01T18:00:00Z" in never.stderr


def test_as_of_a_moment_it_is_what_it_would_have_been_then(
    desk: Desk, film: Film, archive: Path, tmp_path: Path
) -> None:
    whole = files_of(archive)
    everything = sorted(
        (
            recorded_of(line)
            for log in rooms.services()
            for line in whole[f"events/{log}.ndjson"].splitlines()
        ),
        key=lambda one: one.recorded_at_us,
    )
    middle = everything[len(everything) // 2]
    path = tmp_path / "then.zip"
    told = desk.export(film.production, path, "--as-of", middle.recorded_at.isoformat())
    assert verifier.checked(str(path)).holds
    assert datetime.fromisoformat(told["at"]) == middle.recorded_at
    then = files_of(path)
    for log in rooms.services():
        name = f"events/{log}.ndjson"
        assert whole[name].startswith(then[name])
        assert told["logs"][log]["events"] == sum(
            one.log == log and one.recorded_at_us <= middle.recorded_at_us for one in everything
        )
    assert desk.reel("audit", "check", str(path)).exit_code == 0
    for moment in (middle.recorded_at.isoformat(), told["vector"]):
        desk.export(film.production, tmp_path / "again.zip", "--as-of", moment, "--force")
        assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()


def test_it_proves_itself_below_an_anchor_that_was_kept(
    instance: Instance, desk: Desk, film: Film, tmp_path: Path
) -> None:
    made = asyncio.run(anchor(instance.settings, list(rooms.services())))
    assert made is not None
    film.appoint("auditor", "Somebody who came later")
    kept = tmp_path / "kept.txt"
    kept.write_text(made.line + "\n")
    path = tmp_path / "film.zip"
    desk.export(film.production, path, "--anchors", str(kept))
    report = verifier.checked(str(path), anchors=kept.read_text())
    assert report.faults == []
    assert any(one.startswith("your anchor of") for one in report.proven)
    named = json.loads(files_of(path)[verifier.CHAIN])["heads"]
    assert [one["of"] for one in named] == ["export", "anchor"] and named[1]["line"] == made.line


def test_a_director_is_handed_no_log_of_deals(desk: Desk, film: Film, tmp_path: Path) -> None:
    path = tmp_path / "film.zip"
    told = desk.export(film.production, path, "--for", "director")
    assert list(told["left_out"]) == [
        name for name, service in rooms.services().items() if service.trail_for is not None
    ]
    assert not told["left_out"].keys() & told["logs"].keys()
    assert verifier.checked(str(path)).holds


def test_a_name_that_was_erased_is_erased_in_what_is_handed_out_afterwards(
    instance: Instance, desk: Desk, tmp_path: Path
) -> None:
    film = instance.film()
    person = film.person("Perpetua Canary")
    body = {"person": person, "role": "director", "name": "Perpetua Canary"}
    good(film.give(LEADER, "approval/appoint-person", body))
    before, after = tmp_path / "before.zip", tmp_path / "after.zip"
    desk.export(film.production, before)
    assert b"Perpetua Canary" in files_of(before)["index.html"]

    async def erase() -> None:
        pools = Pools(instance.settings)
        await Vault(await pools.of("vault"), master_key(instance.settings)).destroy(person)
        await pools.close()

    asyncio.run(erase())
    desk.export(film.production, after)
    assert b"Perpetua" not in after.read_bytes()
    assert f"[erased] {person}".encode() not in files_of(before)["index.html"]
    assert b"[erased]" in files_of(after)["index.html"]
    assert verifier.checked(str(after)).holds
