"""Keys that come back with a vault are destroyed again before anybody could open with them; and what
was restored is signed for, where the key is."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from events.approval import Ground, PersonErased
from events.personal import ERASED
from runtime.audit.heads import Statement
from runtime.audit.lines import SignedHeads
from runtime.backup.renewing import restored
from runtime.people import sealed
from runtime.people.kept import master_key
from runtime.people.vault import Vault
from tests.cli.conftest import Shell
from tests.machine.house import House, folder
from tests.machine.test_restoring import NO_KAFKA, here, migrated, record

pytestmark = [pytest.mark.integration, pytest.mark.long]

__all__ = ["here", "migrated"]


async def _with_vault(house: House, text: str) -> str:
    """Seals a name for `zoe`, or opens what was sealed."""
    url = str(house.settings.database_url)
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        vault = Vault(pool, master_key(house.settings))
        if sealed.is_sealed(text):
            return await vault.open(text)
        return await vault.seal("zoe", text)


def seal(house: House, name: str) -> str:
    return asyncio.run(_with_vault(house, name))


def opened(house: House, text: str) -> str:
    return asyncio.run(_with_vault(house, text))


def erase(house: House) -> None:
    """As the room does: the fact, then the deed."""

    async def deed() -> str:
        url = str(house.settings.database_url)
        async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
            vault = Vault(pool, master_key(house.settings))
            name = await vault.key_name("zoe")
            assert name is not None
            await vault.destroy("zoe", name)
            return name

    name = asyncio.run(deed())
    record(house, "approval", event=PersonErased(person="zoe", ground=Ground.OBJECTION, key=name))


def keys(house: House) -> list[tuple[str, bytes]]:
    return house.sql("SELECT person, key FROM vault.person_key ORDER BY 1")


def test_after_postgresql_restored_the_vault_the_log_tells_whose_keys_are_destroyed_again(
    here: House,
) -> None:
    text = seal(here, "Zoë Tremblant")
    ((_, old),) = keys(here)
    erase(here)
    assert opened(here, text) == ERASED
    here.sql("INSERT INTO vault.person_key (person, key) VALUES ('zoe', %s)", old)
    assert opened(here, text) == "Zoë Tremblant", "the vault is from before"
    done = restored(here.settings, here.schemas, ["approval"])
    assert (done.erased.persons, done.erased.unrecorded) == (("zoe",), ())
    assert opened(here, text) == ERASED and keys(here) == []


def test_a_key_that_somebody_was_given_since_stays(here: House) -> None:
    seal(here, "Zoë Tremblant")
    erase(here)
    again = seal(here, "Zoë Tremblant")
    assert restored(here.settings, here.schemas, []).erased.persons == ()
    assert opened(here, again) == "Zoë Tremblant"


def test_a_vault_from_a_backup_brings_back_nobody_though_the_log_forgets_the_erasure(
    here: House, tmp_path: Path
) -> None:
    to, text = folder(tmp_path), seal(here, "Zoë Tremblant")
    record(here, "approval")
    here.backup(to)
    erase(here)
    done = here.restore(to, replace=True, with_vault=True)
    assert (done.erased.persons, done.erased.unrecorded) == (("zoe",), ("zoe",))
    assert opened(here, text) == ERASED


def test_a_vault_under_another_master_key_is_told_and_waits(here: House) -> None:
    seal(here, "Zoë Tremblant")
    ((_, old),) = keys(here)
    erase(here)
    here.sql("INSERT INTO vault.person_key (person, key) VALUES ('zoe', %s)", old)
    (here.settings.home / "identity" / "master.key").rename(here.settings.home / "kept.key")
    done = restored(here.settings, here.schemas, [])
    assert "another master key" in done.erased.unread and len(keys(here)) == 1
    (here.settings.home / "kept.key").replace(here.settings.home / "identity" / "master.key")
    assert restored(here.settings, here.schemas, []).erased.persons == ("zoe",)


def heads(house: House) -> list[Statement]:
    lines = house.settings.anchors_file.read_text().splitlines()
    return [SignedHeads.of_line(line).statement for line in lines]


def test_what_was_restored_is_signed_for_where_the_key_is_and_else_it_says_so(here: House) -> None:
    shell = Shell(here.settings.home)
    named = {"REEL_DATABASE_URL": str(here.settings.database_url), "REEL_KAFKA": NO_KAFKA}
    record(here, "budget")
    without = shell.reel("restored", "budget", **named)
    assert without.exit_code == 0, without.output
    assert "the signing key is not here" in " ".join(without.output.split())
    assert not (here.settings.home / "audit").exists(), "no key is made for that"

    here.settings.anchors_file.touch()
    assert shell.reel("audit", "anchor", **named).exit_code == 0
    record(here, "budget")
    done = shell.reel("restored", "budget", "--json", **named)
    told = json.loads(done.stdout)["anchor"]
    assert SignedHeads.of_line(told["line"]).statement == heads(here)[-1]
    before, after = (one.head("budget") for one in heads(here))
    assert before and after and before.incarnation != after.incarnation
    assert "Signed for as restored" in told["told"]
    assert shell.reel("audit", "verify", **named).exit_code == 0

    here.sql("SET session_replication_role = replica; UPDATE approval.event SET hash = '\\x00'")
    record(here, "approval")
    assert shell.reel("audit", "anchor", **named).exit_code == 0
    here.sql("SET session_replication_role = replica; DELETE FROM approval.event")
    refused = shell.reel("restored", "budget", **named)
    assert refused.exit_code == 0, "the restore itself is done"
    assert "Not signed for: approval does not agree" in " ".join(refused.output.split())
