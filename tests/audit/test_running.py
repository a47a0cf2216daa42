"""A Reel that is up: it anchors by itself, and its logs of films verify while it works."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runtime import rooms
from runtime.audit.lines import SignedHeads
from runtime.cli import app
from runtime.settings import settings
from tests.http.film import Film
from tests.http.instance import Instance, wait_for

pytestmark = pytest.mark.integration


def reel(instance: Instance, *words: str) -> str:
    """What `reel audit` says in the home of that instance, when nothing is wrong."""
    before = dict(os.environ)
    chosen = instance.settings
    os.environ |= {
        "REEL_HOME": str(chosen.home),
        "REEL_DATABASE_URL": str(chosen.database_url),
        "REEL_KAFKA": str(chosen.kafka),
        "REEL_TOPIC_PREFIX": chosen.topic_prefix,
        "COLUMNS": "200",
    }
    settings.cache_clear()
    try:
        done = CliRunner().invoke(app, ["audit", *words])
    finally:
        os.environ.clear()
        os.environ |= before
        settings.cache_clear()
    assert done.exit_code == 0, done.output
    return done.stdout


def test_it_anchors_by_itself_and_all_its_logs_verify(instance: Instance, film: Film) -> None:
    file = instance.settings.anchors_file
    wait_for("the first anchor", file.exists)
    instance.film()
    reel(instance, "anchor")
    told = json.loads(reel(instance, "verify", "--json"))
    assert {one["log"] for one in told["logs"]} == set(rooms.services())
    assert all(one["anchors_that_hold"] for one in told["logs"])
    last = SignedHeads.of_line(file.read_text().splitlines()[-1]).statement
    assert (head := last.head("approval")) and head.productions >= 2
    said = reel(instance, "verify", film.production)
    assert "Every chain holds" in said


def test_whoever_has_the_public_key_needs_no_other(instance: Instance, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    told = json.loads(reel(instance, "key", "--json"))
    key.write_text(told["public_key"])
    assert told["key"] in reel(instance, "key")
    wait_for("the first anchor", instance.settings.anchors_file.exists)
    assert "Every chain holds" in reel(instance, "verify", "--public-key", str(key))
