"""A key that was given up for the next: what each of them counts for, and whoever still has it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runtime.audit.anchors import Anchors, Source
from runtime.audit.heads import BESIDE, Handover, MalformedStatement, Statement
from runtime.audit.keys import Keys
from runtime.audit.lines import HANDOVER_PREFIX, PREFIX, SignedHeads, lines_in
from runtime.audit.signing import ForgedHeads, key_id, public_pem, raw_key, sign
from runtime.audit.verifying import verify
from runtime.kafka import anchors
from runtime.papers import asyncapi
from tests.audit.making import KEY, Books, kept_books
from tests.audit.packing import Made, checked, plainly, unpacked
from tests.carrying.history import done

pytestmark = pytest.mark.unit

SECOND = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
THIRD = Ed25519PrivateKey.from_private_bytes(b"3" * 32)
THIEF = Ed25519PrivateKey.from_private_bytes(b"t" * 32)


def ident(key: Ed25519PrivateKey) -> str:
    return key_id(key.public_key())


def pem(key: Ed25519PrivateKey) -> bytes:
    return public_pem(key.public_key()).encode()


def handed(last: Statement, old: Ed25519PrivateKey, new: Ed25519PrivateKey) -> SignedHeads:
    """The line by which `old` gives up for `new`, behind the last heads."""
    handover = Handover(raw_key(old.public_key()), raw_key(new.public_key()))
    heads = Statement(last.at_us + 1, ident(old), last.heads, last.digest, handover)
    return sign(heads, old, new)


def rotated() -> Books:
    """Books of three keys, each with anchors of its own."""
    books = kept_books()
    for old, new in ((KEY, SECOND), (SECOND, THIRD)):
        last = SignedHeads.of_line(books.lines[-1]).statement
        books.lines.append(handed(last, old, new).line)
        books.anchor(new)
    return books


BOOKS = rotated()
STATEMENTS = [SignedHeads.of_line(line).statement for line in BOOKS.lines]


def read(lines: list[str], *keys: Ed25519PrivateKey) -> Anchors:
    return Anchors.of([Source("file", lines, whole=True)], [key.public_key() for key in keys])


def whats(lines: list[str], *keys: Ed25519PrivateKey) -> list[str]:
    return [one.what for one in read(lines, *keys).findings]


def test_lines_of_both_kinds_are_as_the_topic_is_described() -> None:
    messages = asyncapi.document()["components"]["messages"]
    pattern = messages[f"{anchors.NAME}:Message"]["payload"]["pattern"]
    for line in BOOKS.lines:
        assert re.search(pattern, line)
        assert not re.search(pattern, line.rpartition(":")[0])


@pytest.mark.parametrize("key", [KEY, SECOND, THIRD])
def test_any_of_the_keys_leads_to_all_of_the_lines(key: Ed25519PrivateKey) -> None:
    told = read(BOOKS.lines, key)
    assert (told.statements, told.findings) == (STATEMENTS, [])
    assert [one.startswith("the key ") for one in told.remarks] == [True, True]
    assert not done(verify(BOOKS.readable(), told)).all_findings


def test_a_line_that_gives_up_says_so_in_its_own_kind_and_has_one_spelling() -> None:
    line = next(one for one in BOOKS.lines if one.startswith(HANDOVER_PREFIX))
    signed = SignedHeads.of_line(line)
    assert signed.line == line
    assert lines_in(f"kept on paper: {line} in March\n\nnothing") == [signed]
    for wrong in (
        line.replace(HANDOVER_PREFIX, PREFIX),
        line.rpartition(":")[0],
        BOOKS.lines[0].replace(PREFIX, HANDOVER_PREFIX),
        f"{line}:{line.rpartition(':')[2]}",
    ):
        with pytest.raises(MalformedStatement):
            SignedHeads.of_line(wrong)


@pytest.mark.parametrize(
    "handover",
    [
        Handover(raw_key(THIEF.public_key()), raw_key(SECOND.public_key())),
        Handover(raw_key(KEY.public_key()), raw_key(KEY.public_key())),
        Handover(raw_key(KEY.public_key()), "no key"),
    ],
)
def test_a_key_gives_up_itself_and_for_another(handover: Handover) -> None:
    encoded = replace(STATEMENTS[-1], key=ident(KEY), handover=handover).encoded()
    with pytest.raises(MalformedStatement):
        Statement.decode(encoded)


def test_a_key_that_one_side_alone_has_signed_for_counts_for_nothing() -> None:
    """Neither may a thief name himself the next, nor somebody else the key before his own."""
    last = STATEMENTS[0]
    right = handed(last, KEY, SECOND)
    no_old = replace(right, signature=THIEF.sign(right.encoded))
    no_new = replace(right, countersignature=THIEF.sign(right.encoded))
    for wrong in (no_old, no_new):
        keys = Keys.following([KEY.public_key()], [wrong.line])
        assert list(keys.known) == [ident(KEY)]
        with pytest.raises(ForgedHeads):
            keys.checked(wrong)


def later(key: Ed25519PrivateKey, **changed: object) -> str:
    """Heads that whoever has a key signs, when that was given up already."""
    statement = replace(
        STATEMENTS[-1], key=ident(key), previous=STATEMENTS[-1].digest, handover=None
    )
    at_us = STATEMENTS[-1].at_us + 1
    return sign(replace(statement, **{"at_us": at_us, **changed}), key).line  # type: ignore[arg-type]


def test_a_stolen_key_signs_nothing_unseen_once_it_was_given_up() -> None:
    (given_up,) = [one for one in STATEMENTS if one.handover and one.key == ident(KEY)]
    ahead = tuple(replace(one, position=one.position + 1) for one in given_up.heads)
    before = given_up.at_us - 1
    for line, told in (
        (later(KEY), "after that was given up on"),
        (later(KEY, at_us=before, heads=ahead), "behind the last one before it was given up"),
        (later(KEY, at_us=before, heads=ahead, previous=BESIDE), "behind the last one before"),
    ):
        (found,) = read([*BOOKS.lines, line], THIRD).findings
        assert told in found.what
    dated_back = later(KEY, at_us=before, previous=given_up.previous, heads=given_up.heads)
    assert any("its line forks" in one for one in whats([*BOOKS.lines, dated_back], THIRD))


def test_a_stolen_key_that_gives_up_for_the_thief_is_seen_beside_the_true_line() -> None:
    (given_up,) = [one for one in STATEMENTS if one.handover and one.key == ident(KEY)]
    before = next(one for one in STATEMENTS if one.digest == given_up.previous)
    stolen = handed(before, KEY, THIEF)
    behind = sign(
        replace(stolen.statement, at_us=before.at_us + 2, key=ident(THIEF), handover=None), THIEF
    )
    for key in (KEY, SECOND, THIRD):
        found = whats([*BOOKS.lines, stolen.line, behind.line], key)
        assert f"the key {ident(KEY)} was given up more than once: somebody else has it" in found
    # Who signs does not follow the thief: to its own key no other gave up.
    own = Keys.following([THIRD.public_key()], [*BOOKS.lines, stolen.line], onward=False)
    assert set(own.known) == {ident(one) for one in (KEY, SECOND, THIRD)}


MADE = Made()
FIRST_LINES = MADE.anchor(approval=2)
TO_SECOND = handed(MADE.anchor(approval=3).statement, KEY, SECOND)
TO_THIRD = handed(MADE.anchor(approval=4).statement, SECOND, THIRD)
KEYS = Keys.following([THIRD.public_key()], [TO_SECOND.line, TO_THIRD.line], onward=False)
PACKAGE = MADE.package(key=THIRD, anchored=[FIRST_LINES], keys=KEYS)


def test_a_package_is_verified_with_the_first_the_present_and_any_key_between(
    tmp_path: Path,
) -> None:
    folder = unpacked(PACKAGE.archive, tmp_path / "package")
    kept = tmp_path / "kept.txt"
    kept.write_text(f"{FIRST_LINES.line}\n")
    for key in (KEY, SECOND, THIRD):
        (tmp_path / "key.pem").write_bytes(pem(key))
        given = ["--public-key", str(tmp_path / "key.pem"), "--anchors", str(kept)]
        said = plainly(folder, *given)
        assert said.returncode == 0, said.stdout
        assert "your anchor of" in said.stdout, "it was signed by the first key"
        follows = f"the key {ident(THIRD)} belongs to the one that you were given"
        assert (follows in " ".join(said.stdout.split())) == (key is not THIRD)
    (tmp_path / "key.pem").write_bytes(pem(THIEF))
    refused = plainly(folder, "--public-key", str(tmp_path / "key.pem"))
    assert refused.returncode == 1
    assert "this is not the key that you were given" in refused.stdout


def faults(files: dict[str, bytes], folder: Path, **given: object) -> str:
    return "; ".join(f"{where}: {what}" for where, what in checked(files, folder, **given).faults)


def test_a_package_of_the_thief_is_refused_by_whoever_has_a_line_of_the_next_key(
    tmp_path: Path,
) -> None:
    stolen = handed(MADE.anchor(approval=3).statement, KEY, THIEF)
    keys = Keys.following([THIEF.public_key()], [stolen.line], onward=False)
    files = dict(MADE.package(key=THIEF, keys=keys).files)
    kept = f"{TO_SECOND.line}\n{TO_THIRD.line}\n"
    # Who has nothing but the first key cannot know; with any later line he does.
    assert not faults(files, tmp_path / "a", public_key=pem(KEY))
    assert "gave up for two others" in faults(
        files, tmp_path / "a", public_key=pem(KEY), anchors=kept
    )
    for key in (SECOND, THIRD):
        assert "not the key that you were given" in faults(
            files, tmp_path / "a", public_key=pem(key)
        )


def test_a_package_that_a_key_signed_after_it_was_given_up_is_refused(tmp_path: Path) -> None:
    files = dict(MADE.package(key=KEY).files)
    assert "after that was given up" in faults(
        files, tmp_path / "a", public_key=pem(SECOND), anchors=f"{TO_SECOND.line}\n"
    )


def test_a_package_from_before_still_verifies_and_says_what_that_is_worth(tmp_path: Path) -> None:
    files = dict(MADE.package(key=KEY).files)
    late = replace(
        TO_SECOND.statement,
        at_us=4 * 10**15,
        heads=tuple(replace(one, position=10**6) for one in TO_SECOND.statement.heads),
    )
    kept = sign(late, KEY, SECOND).line
    report = checked(files, tmp_path / "a", public_key=pem(SECOND), anchors=kept)
    assert report.holds, report.faults
    assert any("could have dated it back" in one for one in report.unproven)
