"""The table of limits in docs/operations.md is what the code has, and each row has its test."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
_ROW = re.compile(
    r"^\| .*? \| `(?P<name>[a-z_.]+\.[A-Z_a-z]+)` \| (?P<value>[\d,.]+) \|", re.MULTILINE
)

TESTS = {
    "runtime.settings.REQUESTS_MAX": "limits/test_web.py::test_more_requests_than_are_admitted",
    "runtime.settings.STATES_MIB": "limits/test_states.py::test_states_beyond_their_memory",
    "runtime.web.edge.BODIES_BYTES_MAX": "limits/test_web.py::test_bodies_that_are_too_much",
    "runtime.web.edge.BODY_SECONDS_MAX": "limits/test_web.py::test_a_body_that_hardly_comes",
    "runtime.web.head.HEAD_BYTES_MAX": "limits/test_web.py::test_a_head_without_end",
    "runtime.people.identity.TOKEN_CHARACTERS_MAX": "limits/test_web.py::test_a_token_longer",
    "runtime.order.KEY_CHARACTERS_MAX": "limits/test_web.py::test_a_key_longer_than_any",
    "runtime.log.contract.COMMAND_BYTES_MAX": "http/test_problems.py::test_a_body_larger_than",
    "runtime.log.contract.COMMAND_EVENTS_MAX": "store/test_limits.py::test_what_is_too_large",
    "runtime.log.contract.EVENT_BYTES_MAX": "http/test_problems.py::test_an_event_larger_than",
    "runtime.log.contract.WAITING_COMMANDS_MAX": "http/test_problems.py::test_a_full_queue",
    "runtime.log.contract.BATCH_COMMANDS_MAX": "http/test_problems.py::test_a_full_queue",
    "runtime.log.committer.UNAVAILABLE_AFTER_SECONDS": (
        "http/test_problems.py::test_a_log_that_does_not_answer_in_time"
    ),
    "runtime.importing.ROWS_MAX": "limits/test_web.py::test_a_file_of_more_rows",
    "runtime.reading.query.PAGE_ROWS_MAX": "http/test_problems.py::test_a_query_of_another_form",
    "runtime.reading.query.AFTER_SECONDS_MAX": "http/test_problems.py::test_a_write_that_has_not",
    "runtime.people.team.HEARD_OF_WITHIN_SECONDS": "http/test_problems.py::test_an_unknown",
    "runtime.order.HOPS_MAX": "carrying/test_timers.py::test_a_circle_that_turns",
    "runtime.pools.STATEMENT_SECONDS_MAX": "limits/test_pools.py::test_a_statement",
    "runtime.pools.IDLE_SECONDS_MAX": "carrying/test_zombies.py::test_a_worker_frozen_with",
    "runtime.pools.TRANSACTION_SECONDS_MAX": "carrying/test_zombies.py::test_a_worker_frozen_inside",
    "runtime.reading.consumer.TRANSACTION_EVENTS_MAX": "carrying/test_consumer.py::test_a_log_older",
    "runtime.process.UNDER_WAY_SECONDS_MAX": "limits/test_web.py::test_a_request_that_a_stop_cuts_off",
    "runtime.process.STOP_SECONDS_MAX": "machine/",
}
"""By limit, the test that reaches it."""


def _rows() -> dict[str, float]:
    text = (ROOT / "docs" / "operations.md").read_text()
    section = text.partition("\n## Limits\n")[2].partition("\n## ")[0]
    return {row["name"]: float(row["value"].replace(",", "")) for row in _ROW.finditer(section)}


def test_the_table_has_every_limit_that_is_tested_and_no_other() -> None:
    assert set(_rows()) == set(TESTS)


@pytest.mark.parametrize("name", TESTS)
def test_the_table_says_what_the_code_has(name: str) -> None:
    module, _, constant = name.rpartition(".")
    value: Any = getattr(importlib.import_module(module), constant)
    assert _rows()[name] == value


@pytest.mark.parametrize("name", TESTS)
def test_each_limit_has_a_test(name: str) -> None:
    file, _, test = TESTS[name].partition("::")
    path = ROOT / "tests" / file
    assert path.exists()
    assert not test or f"def {test}" in path.read_text()
