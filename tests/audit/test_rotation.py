"""`reel audit key rotate` on an installation with real logs: the key is another, the line goes on."""

import asyncio
import json
from pathlib import Path

import pytest

from runtime import rooms
from runtime.audit.anchoring import anchor
from runtime.audit.before import GivenUp
from runtime.audit.lines import HANDOVER_PREFIX, PREFIX, SignedHeads
from runtime.audit.signing import key_id, public_pem, signing_key
from runtime.kafka import anchors as topic
from tests.audit.conftest import Installation
from tests.audit.test_anchoring import carried, grow, now

pytestmark = pytest.mark.integration

__all__ = ["carried"]


def public(one: Installation, path: Path) -> Path:
    path.write_text(public_pem(signing_key(one.settings, make=False).public_key()))
    return path


def test_the_old_key_signs_for_the_new_one_and_each_leads_to_all_of_the_line(
    carried: Installation, tmp_path: Path
) -> None:
    assert now(carried) is not None
    first = public(carried, tmp_path / "first.pem")
    done = carried.reel("key", "rotate", "--print", "--copy", str(tmp_path / "usb.reel"))
    assert done.exit_code == 0, done.output
    assert "the old private key is gone" in " ".join(done.output.split())
    line = carried.lines[-1]
    assert line.startswith(HANDOVER_PREFIX)
    assert line in done.output.replace("\n", "")
    assert (tmp_path / "usb.reel").read_text() == f"{line}\n"
    assert not list((carried.settings.home / "audit").glob("*next*"))

    present = public(carried, tmp_path / "present.pem")
    assert present.read_text() != first.read_text()
    asyncio.run(grow(carried))
    made = now(carried)
    assert made is not None and made.line.startswith(PREFIX)
    assert made.statement.previous == SignedHeads.of_line(line).statement.digest
    assert asyncio.run(topic.read(carried.settings)) == carried.lines
    for key in (first, present):
        told = carried.verified("--public-key", str(key))
        assert told["anchors"] == len(carried.lines)
        assert any(one.startswith("the key ") for one in told["remarks"])
    told = json.loads(carried.reel("key", "--json").stdout)
    assert told["handovers"] == [line] and told["public_key"] == present.read_text()
    assert "gave up for" in carried.reel("key").output


def test_who_still_has_the_old_key_signs_nothing_here(carried: Installation) -> None:
    kept = carried.settings.home / "audit" / "signing.pem"
    old = kept.read_bytes()
    assert carried.reel("key", "rotate").exit_code == 0
    new, lines = kept.read_bytes(), carried.lines
    kept.write_bytes(old)
    try:
        with pytest.raises(GivenUp, match="was given up on"):
            now(carried)
        refused = carried.reel("anchor")
        assert refused.exit_code == 1 and "Nothing was signed" in refused.output
        again = carried.reel("key", "rotate")
        assert again.exit_code == 1, "the key that it was given up for is not there to go on"
        assert carried.lines == lines
    finally:
        kept.write_bytes(new)
        kept.with_name("signing.next.pem").unlink(missing_ok=True)
    assert now(carried) is not None


def test_who_was_stopped_before_the_new_key_was_in_its_place_goes_on_there(
    carried: Installation,
) -> None:
    audit = carried.settings.home / "audit"
    old = (audit / "signing.pem").read_bytes()
    assert carried.reel("key", "rotate").exit_code == 0
    (audit / "signing.pem").rename(audit / "signing.next.pem")
    (audit / "signing.pem").write_bytes(old)
    lines = carried.lines
    done = carried.reel("key", "rotate", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["handover"] is None
    assert carried.lines == lines
    assert told["to"] == key_id(signing_key(carried.settings).public_key())
    assert now(carried) is not None and carried.verified()["ok"]


def test_a_key_from_the_environment_is_given_up_for_one_in_a_file(
    carried: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = carried.settings.home / "audit" / "signing.pem"
    monkeypatch.setenv("REEL_SIGNING_KEY", kept.read_text())
    refused = carried.reel("key", "rotate")
    assert refused.exit_code == 2 and "name with --to a file" in " ".join(refused.output.split())
    there = tmp_path / "new" / "signing.pem"
    done = carried.reel("key", "rotate", "--to", str(there))
    assert done.exit_code == 0, done.output
    assert "set REEL_SIGNING_KEY to its content" in " ".join(done.output.split())
    assert there.stat().st_mode & 0o777 == 0o600
    assert carried.reel("anchor").exit_code == 1
    monkeypatch.setenv("REEL_SIGNING_KEY", there.read_text())
    assert carried.reel("anchor").exit_code == 0
    kept.write_bytes(there.read_bytes())


def test_a_log_that_was_changed_is_not_signed_over_by_either(installation: Installation) -> None:
    key = (installation.settings.home / "audit" / "signing.pem").read_bytes()
    installation.as_superuser("DELETE FROM budget.event WHERE position > 20")
    installation.as_superuser("UPDATE budget.head SET position = 20")
    lines = installation.lines
    done = installation.reel("key", "rotate")
    assert done.exit_code == 1 and "does not agree with its last anchor" in done.output
    assert installation.lines == lines
    assert (installation.settings.home / "audit" / "signing.pem").read_bytes() == key
    installation.put_back()
    assert asyncio.run(anchor(installation.settings, list(rooms.services()))) is not None


def test_what_is_no_question_is_refused_with_a_sentence(installation: Installation) -> None:
    for words, told in (
        (("verify", "the-lighthouse"), "is no id of a production"),
        (("verify", "--public-key", "no.pem"), "does not exist"),
        (("verify", "--anchors", "no.reel"), "does not exist"),
        (("check", "no.zip"), "does not exist"),
    ):
        done = installation.reel(*words)
        assert done.exit_code == 2 and told in " ".join(done.output.split()), done.output
