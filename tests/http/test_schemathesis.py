"""Every operation of the API, asked by a tool that knows nothing of Reel but its own description.

It sends examples, limits, wrong bodies and chance, and follows the links from commands to queries,
as an executive producer who may do nearly everything. Nothing may fail on our side, and every
answer must be one that is described.
"""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.http.film import LEADER, NAMES
from tests.http.instance import Instance, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.fuzz]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
PHASES = ("examples", "coverage", "fuzzing", "stateful")
SECONDS_MAX = 900
"""On a machine that is busy; a quiet one needs three minutes for all four."""
ANSWER_SECONDS_MAX = 60
EXAMPLES_MAX = 2
SEQUENCES_MAX = 30
STEPS_MAX = 6

CONFIG = """
[parameters]
"path.production" = "{production}"

[phases.stateful]
max-steps = {steps}

[phases.stateful.generation]
max-examples = {sequences}

[output.truncation]
enabled = false
"""


@pytest.mark.parametrize("phase", PHASES)
def test_every_operation_answers_as_the_document_says(
    instance: Instance, tmp_path: Path, phase: str
) -> None:
    film = instance.film()
    for role in ("line-producer", "production-accountant"):
        token = film.appoint(role, NAMES[LEADER]).json()["token"]
    film.until_heard(token)
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        CONFIG.format(production=film.production, steps=STEPS_MAX, sequences=SEQUENCES_MAX)
    )
    document = tmp_path / "openapi.json"
    document.write_bytes(httpx.get(f"{instance.url}/openapi.json", timeout=SECONDS_MAX).content)
    report = tmp_path / "report.ndjson"
    token = instance.issuer.token(NAMES[LEADER])
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            str(config),
            "run",
            str(document),
            "--url",
            instance.url,
            "--phases",
            phase,
            "--header",
            f"Authorization: Bearer {token}",
            "--checks",
            ",".join(CHECKS),
            "--max-examples",
            str(EXAMPLES_MAX if phase != "stateful" else SEQUENCES_MAX),
            "--request-timeout",
            str(ANSWER_SECONDS_MAX),
            "--report-ndjson-path",
            str(report),
            "--seed",
            "1",
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert went_well(report, phase) >= SCENARIOS_MIN[phase]
    wait_for("readiness", lambda: httpx.get(f"{instance.url}/readyz").status_code == 200)


SCENARIOS_MIN = {"examples": 90, "coverage": 90, "fuzzing": 90, "stateful": 10}
"""Fewer than there are; a phase that was left out has none."""


def went_well(report: Path, phase: str) -> int:
    """How many operations, or sequences of them, a phase has asked and found well."""
    told = [json.loads(line) for line in report.read_text().splitlines()]
    ended = [one["ScenarioFinished"] for one in told if "ScenarioFinished" in one]
    return sum(one["phase"] == phase and one["status"] == "success" for one in ended)
