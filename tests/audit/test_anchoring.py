"""Where the logs are is signed, stored outside the databases, and never signed over what changed."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest
from prometheus_client import REGISTRY

from events.names import id_of
from runtime import rooms
from runtime.audit import anchorer
from runtime.audit.anchorer import Anchorer
from runtime.audit.anchoring import Anchored, AnchoringElsewhere, anchor
from runtime.audit.before import AnchorRefused
from runtime.audit.lines import SignedHeads
from runtime.kafka import anchors as topic
from runtime.kafka import bus
from runtime.log.postgres import PostgresStore
from tests.audit.conftest import Installation, made
from tests.http.instance import settings_of
from tests.servers import drop_database, fresh_database
from tests.store.making import command

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def carried(
    database_url: str, kafka: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """With Kafka: what is anchored stands in the file and on the topic."""
    url = fresh_database(database_url)
    home, prefix = tmp_path_factory.mktemp("home"), f"anchors-{secrets.token_hex(4)}"
    settings = settings_of(home, url, kafka, prefix)
    created = asyncio.run(bus.migrate_topics(settings, [], of_one_partition=[topic.NAME]))
    assert created == [f"{prefix}.anchors"]
    yield made(home, url, kafka=kafka, topic_prefix=prefix)
    drop_database(url)


async def grow(one: Installation) -> None:
    async with asyncpg.create_pool(one.dsn, min_size=1, max_size=1) as pool:
        name = secrets.token_hex(8)
        await PostgresStore("contract", pool).append([command(name, f"contract-{name}")])


def now(one: Installation, **how: object) -> Anchored | None:
    return asyncio.run(anchor(one.settings, list(rooms.services()), **how))  # type: ignore[arg-type]


def test_each_anchor_names_the_one_before_it_and_the_file_only_grows(
    anchored: Installation,
) -> None:
    before = anchored.settings.anchors_file.read_bytes()
    done = now(anchored)
    assert done is not None
    assert done.stored == [str(anchored.settings.anchors_file)]
    assert anchored.settings.anchors_file.read_bytes() == before + f"{done.line}\n".encode()
    last = SignedHeads.of_line(before.decode().splitlines()[-1]).statement
    assert done.statement.previous == last.digest
    assert done.statement.at_us > last.at_us
    assert [head.log for head in done.statement.heads] == sorted(rooms.services())


def test_by_itself_it_anchors_what_moved_and_not_too_often(anchored: Installation) -> None:
    asyncio.run(grow(anchored))
    assert now(anchored, older_than_seconds=3_600) is None
    assert now(anchored, older_than_seconds=0) is not None
    assert now(anchored, older_than_seconds=0) is None, "nothing has moved since"


def test_the_line_goes_to_further_files_and_onto_paper(
    anchored: Installation, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "usb" / "anchors.reel"
    said = anchored.reel("anchor", "--print", "--to", str(elsewhere), "--to", str(tmp_path))
    assert said.exit_code == 0, said.output
    assert anchored.lines[-1] in said.output.replace("\n", "")
    assert elsewhere.read_text() == anchored.lines[-1] + "\n"
    assert f"Not stored in {tmp_path}" in " ".join(said.output.split())
    assert anchored.verified("--anchors", str(elsewhere), "--anchor", anchored.lines[0])["ok"]


def test_what_was_changed_is_not_signed_over(installation: Installation) -> None:
    lines = installation.lines
    installation.as_superuser("UPDATE budget.event SET hash = sha256('x') WHERE position = 5")
    now_ends_elsewhere = "DELETE FROM budget.event WHERE position > 20"
    installation.as_superuser(now_ends_elsewhere, "UPDATE budget.head SET position = 20")
    with pytest.raises(AnchorRefused, match="budget does not agree with its last anchor"):
        now(installation, older_than_seconds=0)
    assert installation.reel("anchor").exit_code == 1
    assert installation.lines == lines


def test_a_restored_log_is_signed_when_somebody_says_that_he_restored_it(
    installation: Installation,
) -> None:
    new = id_of("incarnation", secrets.token_hex(4))
    installation.as_superuser(f"UPDATE budget.head SET incarnation = '{new}'")
    first = installation.verified(code=1)["first"]
    assert "restored or replaced since its last anchor" in first["what"]
    with pytest.raises(AnchorRefused, match="--restored"):
        now(installation)
    assert installation.reel("anchor", "--restored").exit_code == 0
    told = installation.verified()
    (budget,) = (one for one in told["logs"] if one["log"] == "budget")
    assert budget["anchors_that_hold"] == told["anchors"], "all of them are of facts that it shares"
    installation.put_back()
    assert now(installation, restored=True) is not None


def test_one_signs_at_a_time(anchored: Installation) -> None:
    with psycopg.connect(anchored.dsn, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('reel.anchor', 0))")
        with pytest.raises(AnchoringElsewhere):
            now(anchored)
        assert anchored.reel("anchor").exit_code == 1


def test_without_file_and_topic_no_line_is_begun_anew(
    anchored: Installation, tmp_path: Path
) -> None:
    lost = anchored.settings.model_copy(update={"anchors": tmp_path / "lost.reel"})
    with pytest.raises(LookupError, match="make an empty one if there never was any"):
        asyncio.run(anchor(lost, list(rooms.services())))


def test_the_topic_has_every_line_under_a_key_of_its_own(carried: Installation) -> None:
    assert asyncio.run(topic.read(carried.settings)) == carried.lines
    assert asyncio.run(topic.read(carried.settings, last_only=True)) == carried.lines[-1:]
    assert carried.verified()["anchors"] == 3

    async def keys() -> Counter[bytes]:
        kafka = bus.reader(carried.settings, "keys")
        await kafka.start()
        try:
            partition = bus.TopicPartition(carried.settings.topic(topic.NAME), 0)
            kafka.assign([partition])
            await kafka.seek_to_beginning(partition)
            found: Counter[bytes] = Counter()
            while found.total() < 3:
                for record in (await kafka.getmany(timeout_ms=200)).get(partition, ()):
                    found[record.key] += 1
            return found
        finally:
            await kafka.stop()

    assert set(asyncio.run(keys()).values()) == {1}


def test_a_line_that_the_file_lacks_is_told_by_the_topic(carried: Installation) -> None:
    lines = carried.lines
    try:
        carried.settings.anchors_file.write_text("".join(f"{line}\n" for line in lines[:-1]))
        first = carried.verified(code=1)["first"]
        assert "lines were taken away" in first["what"]
    finally:
        carried.settings.anchors_file.write_text("".join(f"{line}\n" for line in lines))


def test_what_the_topic_missed_while_it_was_away_comes_with_the_next_line(
    carried: Installation,
) -> None:
    away = carried.settings.model_copy(update={"kafka": "127.0.0.1:1"})
    missed = asyncio.run(anchor(away, list(rooms.services())))
    assert missed is not None and list(missed.missed) == [carried.settings.topic(topic.NAME)]
    assert any("has not got the last line" in one for one in carried.verified()["remarks"])
    assert now(carried) is not None
    assert asyncio.run(topic.read(carried.settings)) == carried.lines


def test_another_machine_goes_on_from_the_topic(carried: Installation, tmp_path: Path) -> None:
    last = SignedHeads.of_line(carried.lines[-1]).statement
    other = carried.settings.model_copy(update={"anchors": tmp_path / "anchors.reel"})
    done = asyncio.run(anchor(other, list(rooms.services())))
    assert done is not None
    assert done.statement.previous == last.digest
    assert asyncio.run(topic.read(carried.settings))[-1] == done.line
    carried.settings.anchors_file.open("a").write(f"{done.line}\n")


def test_a_process_anchors_at_once_and_when_it_is_stopped(
    carried: Installation, tmp_path: Path
) -> None:
    async def live() -> tuple[int, int, int]:
        before = len(carried.lines)
        settings = carried.settings.model_copy(update={"anchor_minutes": 0.0005})
        running = asyncio.create_task(Anchorer(settings, list(rooms.services())).run())
        await grow(carried)
        async with asyncio.timeout(30):
            while len(carried.lines) == before:  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.02)
        seldom = asyncio.create_task(
            Anchorer(
                carried.settings.model_copy(update={"anchor_minutes": 60}), list(rooms.services())
            ).run()
        )
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        while_it_waits = len(carried.lines)
        await grow(carried)
        seldom.cancel()
        await asyncio.gather(seldom, return_exceptions=True)
        return before, while_it_waits, len(carried.lines)

    before, waiting, stopped = asyncio.run(live())
    assert before < waiting < stopped
    assert carried.verified()["ok"]


def test_a_process_goes_on_though_it_may_not_sign(installation: Installation) -> None:
    installation.as_superuser("DELETE FROM budget.event WHERE position > 20")
    lines = installation.lines

    def refused() -> float:
        return REGISTRY.get_sample_value("reel_anchors_refused_total") or 0

    before = refused()

    async def live() -> bool:
        settings = installation.settings.model_copy(update={"anchor_minutes": 0.0005})
        running = asyncio.create_task(Anchorer(settings, list(rooms.services())).run())
        async with asyncio.timeout(30):
            while refused() < before + 2:  # noqa: ASYNC110 - a figure
                await asyncio.sleep(0.02)
        alive = not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return alive

    assert asyncio.run(live())
    assert installation.lines == lines


def test_a_stop_is_heard_though_a_library_swallowed_it(
    anchored: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, closing = [], asyncio.Event()

    async def swallowing(*_: object, **how: object) -> None:
        calls.append(how["older_than_seconds"])
        with contextlib.suppress(asyncio.CancelledError):
            closing.set()
            await asyncio.sleep(0 if len(calls) > 1 else 60)

    async def live() -> bool:
        settings = anchored.settings.model_copy(update={"anchor_minutes": 0.0005})
        running = asyncio.create_task(Anchorer(settings, list(rooms.services())).run())
        await closing.wait()
        running.cancel()
        done, _ = await asyncio.wait([running], timeout=30)
        return bool(done) and running.cancelled()

    monkeypatch.setattr(anchorer, "anchor", swallowing)
    assert asyncio.run(live())
    assert calls[1:] == [0], "and anchored once more"
