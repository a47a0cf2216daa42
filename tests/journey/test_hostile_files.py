"""Files that are none, or mean harm: each is refused with a cure, and nothing is recorded."""

import io
import json
import random
import subprocess
import sys
import zipfile
from typing import Any

import pytest

from runtime.log.contract import COMMAND_BYTES_MAX
from tests.http.film import BUDGET_CSV, COSTS_CSV, SAMPLE, Film, code, good
from tests.http.instance import Instance

pytestmark = pytest.mark.integration

SCHEDULE_USS = (SAMPLE / "schedule.uss").read_bytes()
SCHEDULE = json.loads(SCHEDULE_USS)
FILES = {"budget": BUDGET_CSV, "costs": COSTS_CSV, "schedule": SCHEDULE_USS}
ROOM = {"budget": "budget", "costs": "budget", "schedule": "schedule"}
BEGINS = b'{"universalScheduleStandard": {"breakdowns": ['
CURES = ("save it", "split it", "save the schedule", "shorten it")
MEBIBYTE = 2**20
PROBLEMS_MAX = 201
MEMORY_TIMES_MAX = 64
"""How many bytes of memory a byte of a file may cost at worst; a list of `[]` costs some thirty."""


@pytest.fixture(scope="module")
def film(instance: Instance) -> Film:
    return instance.film()


def refused(film: Film, what: str, body: bytes) -> tuple[int, str | None, list[Any]]:
    """The status, the code and the problems of a file of which nothing was recorded."""
    before = {log: film.trail(log) for log in set(ROOM.values())}
    answer = film.upload("line-producer", what, body)
    assert {log: film.trail(log) for log in before} == before
    told = answer.json()
    assert all(one["problem"] and one["cure"] for one in told["problems"])
    assert told["problems"] or any(cure in told["detail"] for cure in CURES), told["detail"]
    return answer.status_code, code(answer), told["problems"]


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schedule", content)
    return file.getvalue()


NO_TEXT = {
    "UTF-16": lambda sample: sample.decode().encode("utf-16"),
    "Latin-1": lambda sample: sample.replace(b"e", "é".encode("latin-1"), 1),
    "cut off within a letter": lambda sample: sample[: len(sample) // 2] + "é".encode()[:1],
    "half a pair of surrogates": lambda sample: sample + b"\xed\xa0\x80",
    "an archive": zipped,
    "noise": lambda sample: random.Random(7).randbytes(len(sample)),
}


@pytest.mark.parametrize("kind", NO_TEXT)
@pytest.mark.parametrize("what", FILES)
def test_what_is_no_text_is_to_be_saved_as_one(film: Film, what: str, kind: str) -> None:
    assert refused(film, what, NO_TEXT[kind](FILES[what])) == (400, "malformed-body", [])


WRONG = {
    "nothing": lambda _: b"",
    "white space": lambda _: b" \n" * 1_000,
    "NUL alone": lambda _: b"\x00" * 1_000,
    "NUL within": lambda sample: b"\x00".join(sample.rsplit(b"e", 1)),
    "cut off": lambda sample: sample[: len(sample) // 2],
    "lists without end": lambda _: b"[" * MEBIBYTE,
    "one long word": lambda _: b"x" * MEBIBYTE,
    "one long row": lambda _: b"x," * (COMMAND_BYTES_MAX // 2),
    "quotes": lambda _: b'"' * (MEBIBYTE + 1),
    "a page of the web": lambda _: b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "nearly too large": lambda sample: (sample * (COMMAND_BYTES_MAX // len(sample) + 1))[
        :COMMAND_BYTES_MAX
    ],
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("what", FILES)
def test_a_text_that_is_no_such_file_is_refused_with_a_cure(
    film: Film, what: str, kind: str
) -> None:
    status, said, problems = refused(film, what, WRONG[kind](FILES[what]))
    assert (status, said) == (422, "bad-file")
    assert 0 < len(problems) <= PROBLEMS_MAX


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("other", FILES)
def test_one_kind_of_file_is_none_of_another(film: Film, what: str, other: str) -> None:
    if what != other:
        status, said, problems = refused(film, what, FILES[other])
        assert (status, said, bool(problems)) == (422, "bad-file", True)


@pytest.mark.parametrize("what", FILES)
def test_a_byte_more_than_a_command_may_have_is_not_even_read(film: Film, what: str) -> None:
    assert refused(film, what, b" " * (COMMAND_BYTES_MAX + 1)) == (413, "too-large", [])


def uss(**changes: Any) -> bytes:
    """The sample's schedule, with its first scene changed."""
    document = json.loads(SCHEDULE_USS)
    document["universalScheduleStandard"]["breakdowns"][0] |= changes
    return json.dumps(document).encode()


def with_first_length(text: str) -> bytes:
    """The sample's schedule with anything in the place of its first scene's length."""
    return uss(pages="here").replace(b'"here"', text.encode(), 1)


HOSTILE = {
    "an object that is empty": b"{}",
    "no breakdowns": b'{"universalScheduleStandard": {}}',
    "breakdowns that are none": BEGINS + b'1, "x", null, [], {}]}}',
    "no number": with_first_length("NaN"),
    "no end of a number": with_first_length("-Infinity"),
    "a huge number": with_first_length("9" * 1_000_000),
    "a huge exponent": with_first_length("1e999999999999999999"),
    "less than nothing": with_first_length("-0.125"),
    "a key twice": with_first_length('1, "pages": 2'),
    "a length in words": uss(pages="two and a half"),
    "NUL in a text": uss(description="the keeper \x00 asleep"),
    "half a pair of surrogates": with_first_length(r'1, "scene": "\ud800"'),
    "objects without end": b'{"universalScheduleStandard":' * 100_000,
    "lists within a scene": with_first_length("[" * 50_000 + "]" * 50_000),
    "an id that is an object": uss(id={"id": {"id": "b"}}),
    "ids that are one": uss(
        id=SCHEDULE["universalScheduleStandard"]["breakdowns"][1]["id"],
    ),
    "elements that are no list": uss(elements={"edda": True}),
    "more elements than a scene may have": uss(elements=[f"e{n}" for n in range(100_000)]),
    "more breakdowns than a file may have": BEGINS + b'{"id": "b"},' * 500_000 + b"{}]}}",
    "a second schedule behind it": SCHEDULE_USS + SCHEDULE_USS,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_schedule_that_means_harm_is_refused_with_a_cure(film: Film, kind: str) -> None:
    status, said, problems = refused(film, "schedule", HOSTILE[kind])
    assert (status, said) == (422, "bad-file")
    assert 0 < len(problems) <= PROBLEMS_MAX


def test_the_whole_schedule_is_taken_after_all_of_that(film: Film) -> None:
    answer = good(film.upload("line-producer", "schedule", SCHEDULE_USS))
    assert answer.status_code == 201
    assert len(film.trail("schedule")) == len(answer.json()["events"])


READ = """
import json, os, sys
from runtime import rooms
from runtime.importing import BadFile

what, begins, size, units = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
(read,) = [one.imports[what].read for one in rooms.services().values() if what in one.imports]

def peak(begins, unit, times):
    child = os.fork()
    if not child:
        try:
            read(begins + unit * times)
        except BadFile:
            os._exit(0)
        os._exit(1)
    _, status, usage = os.wait4(child, 0)
    assert status == 0, f"{unit!r} is not refused"
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)

nothing = peak("", "", 0)
peaks = {one: peak(begins, one, (size - len(begins)) // len(one)) - nothing for one in units}
print(json.dumps(peaks))
"""
HEADERS = {
    "budget": BUDGET_CSV.decode().partition("\n")[0] + "\n",
    "costs": COSTS_CSV.decode().partition("\n")[0] + "\n",
    "schedule": BEGINS.decode(),
}
UNITS = {
    "budget": ("\n", "x", "x,", '""', "atl,1400,Cast,1401,1401-01,Edda,1,week,1,1,1\n"),
    "costs": ("\n", "x", "x,", '""', "2026-09-07,post,INV,1101,1.00,,Paid\n"),
    "schedule": ("[],", "{},", "[", "0,", "0.1,", '"x",', '{"id": "b"},'),
}


@pytest.mark.long
@pytest.mark.parametrize("what", UNITS)
def test_a_file_as_large_as_any_may_be_takes_a_bounded_memory(what: str) -> None:
    words = [what, HEADERS[what], str(COMMAND_BYTES_MAX), *UNITS[what]]
    done = subprocess.run(
        [sys.executable, "-c", READ, *words], capture_output=True, text=True, check=True
    )
    peaks = json.loads(done.stdout)
    print({unit: f"{peak / MEBIBYTE:.0f} MiB" for unit, peak in peaks.items()})
    assert max(peaks.values()) <= MEMORY_TIMES_MAX * COMMAND_BYTES_MAX
