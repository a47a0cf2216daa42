"""The file of anchors only ever grows, line by line."""

from pathlib import Path

import pytest

from runtime.audit.kept_lines import append_line, lines_of

pytestmark = pytest.mark.unit


def test_lines_are_added_and_what_was_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "anchors.reel"
    assert lines_of(file) == []
    append_line(file, "one")
    node = file.stat().st_ino
    append_line(file, "two")
    assert file.read_bytes() == b"one\ntwo\n"
    assert file.stat().st_ino == node, "it is never rewritten"


def test_a_line_torn_off_by_a_power_cut_stays_a_line_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "anchors.reel"
    file.write_bytes(b"one\nhalf a li")
    append_line(file, "two")
    assert lines_of(file) == ["one", "half a li", "two"]


def test_what_cannot_be_written_is_not_taken_for_stored(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        append_line(tmp_path, "one")
