"""One changed byte anywhere is refused and located: in the archive, and in the unpacked files."""

import json
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.audit.package import verifier
from runtime.audit.package.archive import sealed, zipped
from runtime.audit.package.written import json_of, line_of
from tests.audit.packing import KEY, PRODUCTION, STRANGER, Made, chained, checked, plainly, unpacked

pytestmark = pytest.mark.unit

SEED = int(os.environ.get("REEL_SEED") or random.SystemRandom().randrange(10**6))
FLIPS_OF_ARCHIVE, FLIPS_OF_FILES = 300, 300
Files = Mapping[str, bytes]


@pytest.fixture(scope="module")
def files() -> Files:
    """A package of two logs: every byte of it can be changed in little time."""
    made = Made.with_names("approval", "budget")
    return made.package(anchored=[made.anchor(approval=3, budget=4)]).files


@pytest.fixture(scope="module")
def archive(files: Files) -> bytes:
    return zipped(files)


def test_the_package_verifies(files: Files, archive: bytes, tmp_path: Path) -> None:
    assert checked(files, tmp_path / "folder").faults == []
    (tmp_path / "whole.zip").write_bytes(archive)
    report = verifier.checked(str(tmp_path / "whole.zip"))
    assert report.faults == [] and len(report.proven) == 5


def test_the_container_is_what_its_files_make_it_byte_for_byte(
    files: Files, archive: bytes
) -> None:
    pieces = list(verifier.pieces_of(sorted(files.items())))
    assert b"".join(piece for _, piece in pieces) == archive
    assert zipped(dict(reversed(list(files.items())))) == archive


def flipped(whole: bytes, at: int, chance: random.Random) -> bytes:
    return whole[:at] + bytes([whole[at] ^ chance.randrange(1, 256)]) + whole[at + 1 :]


def places(archive: bytes, files: Files, chance: random.Random) -> Iterator[int]:
    """Every byte of the last record and of some headers, and many others by lot."""
    end = len(archive) - verifier.END.size
    yield from range(end, len(archive))
    directory = verifier.END.unpack(archive[end:])[6]
    yield from range(verifier.LOCAL.size + 10)
    yield from range(directory, directory + verifier.CENTRAL.size + 10)
    # As many in what is small as in what is large: the files differ a thousandfold in size.
    at = 0
    starts = []
    for _, piece in verifier.pieces_of(sorted(files.items())):
        starts.append((at, len(piece)))
        at += len(piece)
    for _ in range(FLIPS_OF_ARCHIVE):
        start, length = chance.choice(starts)
        yield start + chance.randrange(length)


def owner_of(at: int, files: Files) -> str:
    """The file that a byte of the archive is of, or of whose headers."""
    start = 0
    for what, piece in verifier.pieces_of(sorted(files.items())):
        start += len(piece)
        if at < start:
            return what.removeprefix("header of ").removeprefix("directory entry of ")
    raise AssertionError("behind the end")


def test_any_changed_byte_of_the_archive_is_refused_and_located(
    files: Files, archive: bytes, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    path = tmp_path / "whole.zip"
    for at in places(archive, files, chance):
        path.write_bytes(flipped(archive, at, chance))
        try:
            report = verifier.checked(str(path))
        except verifier.Unreadable as error:
            pytest.fail(f"byte {at} (seed {SEED}) is not located: {error}")
        assert not report.holds, f"byte {at} was changed and nobody noticed (seed {SEED})"
        owner = owner_of(at, files)
        named = [where for where, _ in report.faults if owner in where or surrounds(where, at)]
        assert named, f"byte {at} of {owner} (seed {SEED}): {report.faults}"


def surrounds(where: str, at: int) -> bool:
    """Whether a fault's place is a range of bytes with that one in it."""
    words = where.split()
    if words[:2] != ["archive,", "bytes"]:
        return False
    return int(words[2]) <= at <= int(words[4])


def test_any_changed_byte_of_a_file_is_refused_and_located(files: Files, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    names = sorted(files)
    turns = [*names, *(chance.choice(names) for _ in range(FLIPS_OF_FILES - len(names)))]
    checked(files, tmp_path / "folder")
    for name in turns:
        at = chance.randrange(len(files[name]))
        path = tmp_path / "folder" / name
        path.write_bytes(flipped(files[name], at, chance))
        report = verifier.checked(str(tmp_path / "folder"))
        path.write_bytes(files[name])
        said = f"{name}, byte {at} (seed {SEED}): {report.faults}"
        assert any(name in where for where, _ in report.faults), said
        if name.startswith("events/"):
            line = files[name][:at].count(b"\n") + 1
            assert any(f"{name}, line {line}" in where for where, _ in report.faults), said
            blamed = {where for where, _ in report.faults if f"{name}, line" in where}
            assert len(blamed) <= 2, f"{said} blames its neighbours"


@pytest.mark.parametrize("cut", [1, 21, 22, 23, 500, 5_000])
def test_a_shortened_archive_is_refused(archive: bytes, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "whole.zip"
    path.write_bytes(archive[:-cut])
    assert not verifier.checked(str(path)).holds


@pytest.mark.parametrize("extra", [b"\0", b"PK\x05\x06", b"a whole sentence"])
def test_bytes_before_and_behind_the_archive_are_refused(
    archive: bytes, tmp_path: Path, extra: bytes
) -> None:
    path = tmp_path / "whole.zip"
    path.write_bytes(archive + extra)
    report = verifier.checked(str(path))
    assert [where for where, _ in report.faults][0].startswith(f"archive, from byte {len(archive)}")
    path.write_bytes(extra + archive)
    try:
        assert not verifier.checked(str(path)).holds
    except verifier.Unreadable:
        pass  # It does not begin like a package at all.


def test_a_file_put_in_or_taken_away_is_refused_by_name(files: Files, tmp_path: Path) -> None:
    for name in sorted(files.keys() - {verifier.MANIFEST, verifier.SIGNATURE}):
        rest = {one: body for one, body in files.items() if one != name}
        faults = checked(rest, tmp_path / "folder").faults
        assert any(where == name for where, _ in faults), name
    report = checked({**files, "read-models/more.csv": b"a\n"}, tmp_path / "folder")
    assert report.faults == [("read-models/more.csv", "manifest.json lists no such file")]


def test_what_a_file_manager_leaves_behind_is_nobodys_fault(files: Files, tmp_path: Path) -> None:
    assert checked({**files, ".DS_Store": b"x"}, tmp_path / "folder").holds


# --- somebody who writes the whole anew, and lacks only the key -----------------------------------


def signed_again(files: Files, key: Any, **changed: bytes) -> dict[str, bytes]:
    """The package with other contents, a manifest that fits them, and a signature by `key`."""
    kept = {
        name: body
        for name, body in files.items()
        if name not in (verifier.MANIFEST, verifier.SIGNATURE, verifier.KEY, "verify.py")
    }
    about = json.loads(files[verifier.MANIFEST])
    del about["files"], about["key"], about["layout"]
    return sealed(kept | changed, about, key)


def test_a_package_signed_by_a_stranger_is_refused_by_whoever_has_the_key(
    files: Files, tmp_path: Path
) -> None:
    forged = signed_again(files, STRANGER)
    assert checked(forged, tmp_path / "folder").faults[0][0].startswith(verifier.CHAIN)
    given = checked(forged, tmp_path / "folder", public_key=files[verifier.KEY])
    assert given.faults[0] == (
        verifier.KEY,
        "this is not the key that you were given, and no line tells that one of the two gave up "
        "for the other",
    )


def lines_changed(files: Files, log: str, number: int, **fields: Any) -> bytes:
    lines = files[f"events/{log}.ndjson"].splitlines(keepends=True)
    event = json.loads(lines[number])
    event |= fields
    lines[number] = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return b"".join(lines)


@pytest.mark.parametrize(
    "fields",
    [
        {"payload": '{"version":2}'},
        {"recorded_at_us": 1},
        {"effective_at_us": 0},
        {"actor": "somebody else"},
        {"position": 10**6},
        {"causation": PRODUCTION},
        {"hash": "0" * 64},
        {"schema_version": 7},
    ],
    ids=lambda one: next(iter(one)),
)
def test_one_who_has_the_key_and_changes_a_fact_breaks_its_chain_at_that_line(
    files: Files, tmp_path: Path, fields: dict[str, Any]
) -> None:
    name = "events/budget.ndjson"
    forged = signed_again(files, KEY, **{name: lines_changed(files, "budget", 2, **fields)})
    faults = checked(forged, tmp_path / "folder").faults
    assert faults[0][0].startswith(f"{name}, line 3 (position "), faults
    if "position" not in fields:
        assert len(faults) == sum("line 3" in where for where, _ in faults), (
            "its neighbour is blamed"
        )


def test_one_who_has_the_key_and_leaves_out_moves_or_cuts_off_facts_is_found(
    files: Files, tmp_path: Path
) -> None:
    name = "events/budget.ndjson"
    lines = files[name].splitlines(keepends=True)
    for told, where in (
        (lines[:4] + lines[5:], f"{name}, line 5"),
        (lines[:4] + [lines[5], lines[4]] + lines[6:], f"{name}, line 5"),
        ([*lines[:4], lines[3], *lines[4:]], f"{name}, line 5"),
        (lines[1:], f"{name}, line 1"),
        ([lines[0].replace(b'","', b'", "', 1), *lines[1:]], f"{name}, line 1"),
        (lines[:-1], f"{name}, behind line {len(lines) - 1}"),
    ):
        forged = signed_again(files, KEY, **{name: b"".join(told)})
        faults = checked(forged, tmp_path / "folder").faults
        assert faults and faults[0][0].startswith(where), faults


def test_a_history_chained_anew_does_not_end_below_the_heads(tmp_path: Path) -> None:
    """Whoever can write the log can make every chain hold; the heads that were signed say more."""
    made = Made.with_names("approval", "budget")
    files = made.package().files
    forged = Made.with_names("approval", "budget")
    forged.vault = made.vault
    tail = [replace(one, actor="somebody-else") for one in made.events["budget"]]
    events = chained(tail)
    moment = json.loads(files[verifier.MOMENT])
    moment["logs"]["budget"]["hash"] = events[-1].hash.hex()
    whole = signed_again(
        files,
        KEY,
        **{
            "events/budget.ndjson": b"".join(map(line_of, events)),
            verifier.MOMENT: json_of(moment),
        },
    )
    faults = checked(whole, tmp_path / "folder").faults
    assert len(faults) == 1 and "does not end below this head" in faults[0][1]


def test_a_changed_verifier_is_found_by_one_that_was_not(files: Files, tmp_path: Path) -> None:
    """The changed one itself can say what it likes."""
    lying = b"import sys\nprint('VERIFIED')\n"
    folder = unpacked(zipped({**files, "verify.py": lying}), tmp_path / "lying")
    assert plainly(folder).returncode == 0
    honest = unpacked(zipped(files), tmp_path / "honest")
    said = plainly(honest, str(folder))
    assert said.returncode == 1 and "  verify.py:" in said.stdout
