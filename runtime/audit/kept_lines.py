"""The file that anchors are appended to, line by line, and never rewritten."""

import os
from pathlib import Path


def lines_of(path: Path) -> list[str]:
    """Its lines, the oldest first; none where there is no file yet."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()


def append_line(path: Path, line: str) -> None:
    """Adds a line and answers when it is on the disk.

    Raises:
        OSError: it could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        # What a power cut has torn off stays a line of its own, for those who verify to see.
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        whole = (b"\n" if torn else b"") + line.encode() + b"\n"
        if os.write(file, whole) != len(whole):
            raise OSError(f"{path} took half a line: is its disk full?")
        os.fsync(file)
    finally:
        os.close(file)
    if new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
