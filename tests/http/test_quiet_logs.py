"""Whatever goes wrong while a name is on its way, no line of the log tells it."""

import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import structlog

from events.names import id_of
from runtime.log.contract import Answer, Append, Store
from runtime.log.memory import MemoryStore
from runtime.logs import configure
from runtime.settings import Settings
from tests.http.desk import OPENING, desk

pytestmark = pytest.mark.unit

NAME = f"Zoë Kanärek-{secrets.token_hex(8)}"
PATH = f"/v1/productions/{id_of('film', 'quiet')}/approval/open-production"


class Failing(MemoryStore):
    """A log that fails in a way that nobody foresaw."""

    async def append(self, batch: Sequence[Append]) -> list[Answer]:
        raise RuntimeError(f"cannot take {batch[0].production}")


@pytest.fixture(params=["json", "console"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    before = structlog.get_config()
    yield Settings(home=tmp_path, log_level="debug", log_format=request.param)
    structlog.configure(**before)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (OPENING | {"name": NAME}, 500, "unforeseen"),
        (OPENING | {"name": [NAME]}, 422, ""),
        (OPENING | {"name": NAME, "title": f"sealed:1:{NAME}"}, 422, ""),
        (OPENING | {"name": NAME, "currency": NAME}, 422, ""),
    ],
    ids=["an unforeseen error", "a wrong form", "a forged seal", "another wrong field"],
)
async def test_a_name_stands_in_no_line_and_in_no_problem(
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    body: dict[str, Any],
    status: int,
    said: str,
) -> None:
    configure(settings)
    async with desk(cast(Store, Failing("approval")), settings) as room:
        answer = await room.client.post(PATH, json=body)
    assert answer.status_code == status
    lines = capsys.readouterr().err
    assert said in lines and ("Traceback" in lines) == (status == 500)
    for told in (lines, answer.text):
        assert NAME not in told and json.dumps(NAME)[1:-1] not in told
        assert NAME.rpartition("-")[2] not in told
