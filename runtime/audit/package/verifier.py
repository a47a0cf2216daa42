#!/usr/bin/env python3
"""Checks an audit package of Reel, offline, with Python 3.9 or newer and nothing else.

    python3 verify.py [--public-key KEY.pem] [--anchors FILE] [FOLDER | ARCHIVE.zip]

Without a folder or archive it checks the folder that it lies in. KEY.pem is the public key as the
producer gave it to you, by a way of its own, the present one or one before; FILE holds lines of
signed heads that you have kept.
Exit code: 0 everything holds, 1 something does not, 2 there is nothing here that can be checked.

Everything is written out here, so that you can read what is checked: the layout of the archive
(PKZIP, nothing compressed), Ed25519 (RFC 8032, 5.1.7), Merkle proofs (RFC 6962, 2.1), the chain of
hashes. A verifier that comes with what it verifies could itself be changed: take it from a package
that you trust, compare its sha256 with the one that you were given, or let `reel audit check` look.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import datetime
import hashlib
import json
import os
import re
import struct
import sys
import textwrap
import uuid
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public-key.pem"
MOMENT, CHAIN = "moment.json", "chain.json"
NOT_FOLDED = (
    "that index.html and the read models follow from the events: they are as they were signed, and "
    "Reel itself folds the read models again: reel audit check"
)
DROPPINGS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in folders that somebody looks at."""


class Unreadable(ValueError):
    """Something is not of the form that it must have; says what."""


@dataclass
class Report:
    """What was found: faults with their place, what is proven, and what is not."""

    title: str = "an audit package"
    faults: list[tuple[str, str]] = field(default_factory=list)
    proven: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)

    def refuse(self, where: str, what: str) -> None:
        """Notes a fault: the file, line and position, or the bytes; and what is wrong there."""
        self.faults.append((where, what))

    @property
    def holds(self) -> bool:
        """Whether there is no fault."""
        return not self.faults


# --- Ed25519, RFC 8032 5.1: verification only --------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]  # extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z
NEUTRAL = (0, 1, 1, 0)


def added(p: Point, q: Point) -> Point:
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiplied(scalar: int, point: Point) -> Point:
    """`point` so many times."""
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = added(total, point)
        point = added(point, point)
        scalar >>= 1
    return total


def point_of(encoded: bytes) -> Point:
    """The point that 32 bytes stand for.

    Raises:
        Unreadable: they stand for none, or are not the one spelling of it.
    """
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(encoded) != 32 or y >= P:
        raise Unreadable("a point has 32 bytes and a coordinate below p")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        raise Unreadable("no point of the curve has that coordinate")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def encoded_of(point: Point) -> bytes:
    """The 32 bytes that stand for `point`."""
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return int(y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is of `message` by the public `key`: [S]B = R + [k]A, S below L, R and A
    in their one spelling, A of no small order."""
    if len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    try:
        a = point_of(key)
    except Unreadable:
        return False
    if scalar >= L or encoded_of(multiplied(8, a)) == encoded_of(NEUTRAL):
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(digest, "little") % L
    minus_a = (P - a[0], a[1], 1, P - a[3])
    return encoded_of(added(multiplied(scalar, BASE), multiplied(k, minus_a))) == signature[:32]


DER_PREFIX = bytes.fromhex("302a300506032b6570032100")


def key_of_pem(pem: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM (RFC 8410); raises `Unreadable`."""
    found = re.search(
        rb"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END PUBLIC KEY-----", pem
    )
    der = b""
    if found:
        with contextlib.suppress(binascii.Error):
            der = base64.b64decode(b"".join(found[1].split()), validate=True)
    if len(der) != 44 or not der.startswith(DER_PREFIX):
        raise Unreadable("this is no Ed25519 public key in PEM")
    return der[12:]


def key_id(key: bytes) -> str:
    """What a key is called: the first 16 digits of its sha256."""
    return hashlib.sha256(key).hexdigest()[:16]


# --- the archive: every byte of it follows from the names and contents of its files ------------

LOCAL, CENTRAL, END = (
    struct.Struct("<4s5H3L2H"),
    struct.Struct("<4s6H3L5H2L"),
    struct.Struct("<4s4H2LH"),
)
STORED = (0, 0, 0, 33)  # no flags, nothing compressed, midnight of 1980-01-01
MADE_BY, NEEDS, MODE = 3 << 8 | 20, 20, 0o100644 << 16
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


def pieces_of(entries: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The archive of those files, piece by piece, each with what it is."""
    directory, at = [], 0
    for name, body in entries:
        crc, size, raw = zlib.crc32(body), len(body), name.encode("ascii")
        yield (
            f"header of {name}",
            LOCAL.pack(b"PK\x03\x04", NEEDS, *STORED, crc, size, size, len(raw), 0) + raw,
        )
        yield name, body
        entry = CENTRAL.pack(
            b"PK\x01\x02", MADE_BY, NEEDS, *STORED, crc, size, size, len(raw), 0, 0, 0, 0, MODE, at
        )
        directory.append((f"directory entry of {name}", entry + raw))
        at += LOCAL.size + len(raw) + size
    yield from directory
    size, count = sum(len(entry) for _, entry in directory), len(directory)
    yield "last record", END.pack(b"PK\x05\x06", 0, 0, count, count, size, at, 0)


def entry_at(archive: bytes, at: int) -> tuple[str, int, int]:
    """Name, start and end of the file whose header stands there, as that header has them."""
    if archive[at : at + 4] != b"PK\x03\x04" or len(archive) < at + LOCAL.size:
        raise Unreadable(f"no file begins at byte {at}")
    fields = LOCAL.unpack_from(archive, at)
    start = at + LOCAL.size + fields[9]
    return archive[at + LOCAL.size : start].decode("ascii"), start, start + fields[7]


def by_headers(archive: bytes) -> list[tuple[str, bytes]]:
    """The files as their headers have them, one behind the other."""
    entries, at = [], 0
    while archive[at : at + 4] == b"PK\x03\x04":
        name, start, at = entry_at(archive, at)
        entries.append((name, archive[start:at]))
    return entries


def by_directory(archive: bytes) -> list[tuple[str, bytes]]:
    """The files as the directory at the archive's end has them."""
    entries = []
    at = END.unpack(archive[-END.size :])[6]
    while archive[at : at + 4] == b"PK\x01\x02":
        fields = CENTRAL.unpack_from(archive, at)
        name = archive[at + CENTRAL.size : at + CENTRAL.size + fields[10]].decode("ascii")
        start = fields[16] + LOCAL.size + fields[10]
        entries.append((name, archive[start : start + fields[9]]))
        at += CENTRAL.size + fields[10]
    return entries


def faults_of_archive(
    archive: bytes, entries: Sequence[tuple[str, bytes]]
) -> list[tuple[str, str]]:
    """Where the archive is not the one that its files make."""
    faults, at = [], 0
    for what, piece in pieces_of(entries):
        if archive[at : at + len(piece)] != piece:
            faults.append(
                (
                    f"archive, bytes {at} to {at + len(piece) - 1} ({what})",
                    "these bytes are not what the archive's files make them",
                )
            )
        at += len(piece)
    if len(archive) > at:
        faults.append((f"archive, from byte {at} on", "bytes stand behind the archive's end"))
    return faults


def files_of_archive(archive: bytes, report: Report) -> dict[str, bytes]:
    """The files of the archive. It says twice where they are; where the two differ, that one is
    followed which makes sense of more bytes."""
    best: tuple[list[tuple[str, str]], list[tuple[str, bytes]]] | None = None
    for reading in (by_headers, by_directory):
        try:
            entries = reading(archive)
            found = (faults_of_archive(archive, entries), entries)
        except (Unreadable, UnicodeError, struct.error):
            continue
        if entries and (best is None or len(found[0]) < len(best[0])):
            best = found
    if best is None:
        raise Unreadable("this is no archive of an audit package")
    faults, entries = best
    report.faults += faults[:3]
    names = [name for name, _ in entries]
    if names != sorted(set(names)) or not all(map(NAME.fullmatch, names)):
        report.refuse("archive", "its files are not in order, are there twice, or have odd names")
    return dict(entries)


def files_of(place: str, report: Report) -> dict[str, bytes]:
    """The files of a folder or archive; raises `Unreadable` where it is no package at all."""
    if not os.path.isdir(place):
        with open(place, "rb") as file:
            return files_of_archive(file.read(), report)
    files = files_of_folder(place)
    if MANIFEST not in files and SIGNATURE not in files:
        raise Unreadable(f"{place} holds no audit package: it has no {MANIFEST}")
    return files


def files_of_folder(folder: str) -> dict[str, bytes]:
    """Every file below the folder, by its path."""
    files = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if name not in DROPPINGS:
                with open(path, "rb") as file:
                    files[os.path.relpath(path, folder).replace(os.sep, "/")] = file.read()
    return files


# --- what was signed ---------------------------------------------------------------------------


def loaded(files: dict[str, bytes], name: str) -> dict[str, Any]:
    """The JSON object in a file; raises `Unreadable`."""
    try:
        value = json.loads(files[name].decode())
    except KeyError:
        raise Unreadable("this file is missing") from None
    except (ValueError, RecursionError):
        raise Unreadable("this is no JSON any more") from None
    if not isinstance(value, dict):
        raise Unreadable("this is JSON of another form")
    return value


def check_manifest(files: dict[str, bytes], key: bytes, report: Report) -> dict[str, Any]:
    """Holds the manifest to its signature, and every file to the manifest."""
    manifest = files.get(MANIFEST, b"")
    if not is_signed(key, files.get(SIGNATURE, b""), manifest):
        report.refuse(
            f"{MANIFEST} with {SIGNATURE}",
            f"the signature is not of this manifest by the key {key_id(key)}: one of the two, or "
            f"{KEY}, was changed, or the package is somebody else's",
        )
    said = loaded(files, MANIFEST)
    listed = {one["path"]: one for one in said["files"]}
    for name in sorted(listed.keys() | files.keys() - {MANIFEST, SIGNATURE}):
        if name not in files:
            report.refuse(name, "this file is missing")
        elif name not in listed:
            report.refuse(name, f"{MANIFEST} lists no such file")
        elif len(files[name]) != listed[name]["bytes"]:
            wanted = listed[name]["bytes"]
            report.refuse(name, f"{len(files[name])} bytes, but {wanted} were signed")
        elif hashlib.sha256(files[name]).hexdigest() != listed[name]["sha256"]:
            report.refuse(name, "this is not the content that was signed (another sha256)")
    return said


# --- events and their chains -------------------------------------------------------------------

TEXTS = (
    *("log", "production", "stream", "id", "type", "payload"),
    *("actor", "command_id", "correlation", "hash"),
)
COUNTS = ("ordinal", "schema_version", "hops", "version", "position")
TIMES = ("effective_at_us", "recorded_at_us")


def framed(*fields: bytes | None) -> bytes:
    """Each field behind its length in 4 bytes; a missing one is the length 0xffffffff."""
    return b"".join(
        b"\xff" * 4 if one is None else len(one).to_bytes(4, "big") + one for one in fields
    )


def hash_of(event: dict[str, Any], previous: bytes) -> bytes:
    """What an event's hash must be behind the hash of the production's event before it."""
    causation = event["causation"]
    return hashlib.sha256(
        b"\x01"
        + framed(
            *(event[name].encode() for name in ("log", "production", "stream", "id")),
            event["ordinal"].to_bytes(4, "big"),
            event["type"].encode(),
            event["schema_version"].to_bytes(4, "big"),
            event["payload"].encode(),
            event["effective_at_us"].to_bytes(8, "big", signed=True),
            *(event[name].encode() for name in ("actor", "command_id", "correlation")),
            None if causation is None else causation.encode(),
            event["hops"].to_bytes(4, "big"),
            event["version"].to_bytes(4, "big"),
            event["position"].to_bytes(8, "big"),
            event["recorded_at_us"].to_bytes(8, "big", signed=True),
            previous,
        )
    ).digest()


def event_of(line: bytes) -> dict[str, Any]:
    """The event on one line; raises `Unreadable` where it is not written as events are."""
    try:
        event = json.loads(line.decode())
        again = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except (ValueError, RecursionError):
        raise Unreadable("this line is no JSON any more") from None
    if not isinstance(event, dict) or event.keys() != {*TEXTS, *COUNTS, *TIMES, "causation"}:
        raise Unreadable("this line has not the fields of an event")
    if (
        any(not isinstance(event[name], str) for name in TEXTS)
        or any(type(event[name]) is not int for name in (*COUNTS, *TIMES))
        or any(not 0 <= event[name] < 2**31 for name in COUNTS if name != "position")
        or any(not -(2**63) <= event[name] < 2**63 for name in ("position", *TIMES))
        or event["position"] < 1
        or not isinstance(event["causation"], (str, type(None)))
        or not re.fullmatch("[0-9a-f]{64}", event["hash"])
        or again != line
    ):
        raise Unreadable("this line is not written as an event is")
    return event


def check_log(
    name: str, raw: bytes, log: str, production: str, report: Report
) -> list[dict[str, Any]]:
    """The events of one log, each held to the one before it."""
    events: list[dict[str, Any]] = []
    before, versions = {bytes(32)}, dict[str, int]()
    for number, line in enumerate(raw.splitlines(keepends=True) if raw else (), 1):
        where = f"{name}, line {number}"
        try:
            event = event_of(line)
        except Unreadable as error:
            report.refuse(where, str(error))
            before = set()
            continue
        where += f" (position {event['position']})"
        computed = {hash_of(event, one) for one in before}
        stored = bytes.fromhex(event["hash"])
        if before and stored not in computed:
            report.refuse(
                where,
                "its hash does not follow from it and the event before it: something was changed, "
                "put in, left out or moved here",
            )
        if (event["log"], event["production"]) != (log, production):
            report.refuse(where, "an event of another log or production")
        if events and event["position"] <= events[-1]["position"]:
            report.refuse(where, "its position is not above that of the event before it")
        if events and event["recorded_at_us"] <= events[-1]["recorded_at_us"]:
            report.refuse(where, "it was not recorded later than the event before it")
        if before and event["version"] != versions.get(event["stream"], 0) + 1:
            report.refuse(where, f"it is not the next event of {event['stream']}")
        versions[event["stream"]] = event["version"]
        # What was changed may be the event or its hash: the next one tells which, and is not
        # to be blamed for either.
        before = {stored} | computed
        events.append(event)
    return events


def check_events(
    files: dict[str, bytes], moment: dict[str, Any], production: str, report: Report
) -> dict[str, list[dict[str, Any]]]:
    """Every log of the package, held to where the moment says that it ends."""
    logs: dict[str, list[dict[str, Any]]] = {}
    for log, end in sorted(moment["logs"].items()):
        name = f"events/{log}.ndjson"
        if name not in files:
            continue  # The manifest has said so.
        faults = len(report.faults)
        events = logs[log] = check_log(name, files[name], log, production, report)
        last = events[-1] if events else {"position": 0, "hash": None}
        if (last["position"], last["hash"], len(events)) != (
            end["last_position"],
            end["hash"],
            end["events"],
        ):
            report.refuse(
                f"{name}, behind line {len(events)}",
                f"it ends at position {last['position']}, but {MOMENT} says "
                f"{end['last_position']} with another hash or count",
            )
        elif len(report.faults) == faults:
            report.proven.append(_chain_holds(log, events, end["position"]))
    recorded = {one["id"]: one["recorded_at_us"] for events in logs.values() for one in events}
    for log, events in logs.items():
        for event in events:
            if recorded.get(event["causation"], -(2**63)) >= event["recorded_at_us"]:
                where = f"events/{log}.ndjson (position {event['position']})"
                report.refuse(where, "it was not recorded later than its cause")
    return logs


def _chain_holds(log: str, events: Sequence[dict[str, Any]], until: int) -> str:
    if not events:
        return f"{log}: nothing of this production up to position {until} of the log"
    return (
        f"{log}: {len(events)} events, at positions {events[0]['position']} to "
        f"{events[-1]['position']}; each follows from the one before it, so that none was changed, "
        "put in, left out or moved since the last one was recorded"
    )


# --- heads, and the proofs that chains end below them ------------------------------------------


def unpadded(text: str) -> bytes:
    """What base64url without padding stands for; raises `Unreadable`."""
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("a line of signed heads is in base64url") from None
    if base64.urlsafe_b64encode(value).rstrip(b"=").decode() != text:
        raise Unreadable("a line of signed heads has one spelling, and this is another")
    return value


LINE = re.compile(r"reel-(?:heads|key):1:\S+")
SIGNATURES = {"reel-heads": 1, "reel-key": 2}
"""A line of heads has its key's signature, one by which a key gives up that of the next one too."""


def lines_among(text: str) -> list[str]:
    """Every line of signed heads in the text, one at most on each of its lines."""
    return [found[0] for found in map(LINE.search, text.splitlines()) if found]


def stated_in(line: str) -> tuple[dict[str, Any], bytes, list[bytes]]:
    """What a line says, the bytes that were signed, and the signatures, which are not checked;
    raises `Unreadable` where it is no such line."""
    kind, layout, *rest = [*line.strip().split(":"), "", ""]
    parts = rest[:-2]
    if layout != "1" or len(parts) != 1 + SIGNATURES.get(kind, -1):
        raise Unreadable("this is no line of signed heads")
    signed, *signatures = map(unpadded, parts)
    try:
        stated = json.loads(signed)
        stated["by_log"] = {head["log"]: head for head in stated["heads"]}
        if ("handover" in stated) != (kind == "reel-key") or not isinstance(stated["key"], str):
            raise ValueError
        return dict(stated), signed, signatures
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable("this line states something else than heads") from None


@dataclass
class Keys:
    """The keys that count, by id; and by which statement each was given up that was."""

    known: dict[str, bytes]
    given_up: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def follow(self, lines: Sequence[str]) -> None:
        """Learns the keys before and after those known, as each has signed for the next one, and
        the next one for it."""
        handovers = [one for one in map(handover_in, dict.fromkeys(lines)) if one]
        while True:
            found = [one for one in handovers if set(one["both"]) & set(self.known.values())]
            if not found:
                return
            for one in found:
                handovers.remove(one)
                self.known.update({key_id(key): key for key in one["both"]})
                self.given_up.setdefault(one["key"], []).append(one)


def handover_in(line: str) -> dict[str, Any] | None:
    """What a line says by which one key gives up for another, with `both` keys; None where it is
    none that both have signed."""
    try:
        stated, signed, signatures = stated_in(line)
        both = [bytes.fromhex(stated["handover"][name]) for name in ("from", "to")]
        if stated["key"] != key_id(both[0]) or type(stated["at_us"]) is not int:
            return None
    except (Unreadable, KeyError, TypeError, ValueError):
        return None
    if not all(is_signed(key, one, signed) for key, one in zip(both, signatures)):
        return None
    return {**stated, "both": both}


def heads_of(line: str, keys: Keys) -> dict[str, Any]:
    """What a line of signed heads states.

    Raises:
        Unreadable: it is no such line, or no key has signed it that counts there.
    """
    stated, signed, signatures = stated_in(line)
    key = keys.known.get(stated["key"], b"")
    if not is_signed(key, signatures[0], signed):
        raise Unreadable(f"this line was not signed by the key {' or '.join(keys.known)}")
    if "handover" in stated and not handover_in(line):
        raise Unreadable("the key that is to go on has not signed for that")
    for end in keys.given_up.get(stated["key"], ()):
        if stated.get("handover") != end["handover"] and (why := beyond(stated, end)):
            raise Unreadable(f"this line was signed by the key {stated['key']} {why}")
    return stated


def beyond(stated: dict[str, Any], end: dict[str, Any]) -> str:
    """Why it was not stated before its key was given up; "" where it may have been."""
    try:
        if stated["at_us"] >= end["at_us"]:
            return f"after that was given up on {shown_time(end['at_us'])}"
        for log, head in stated["by_log"].items():
            last = end["by_log"].get(log)
            same = last and last["incarnation"] == head["incarnation"]
            if same and head["position"] > last["position"]:
                return f"for a position of {log} behind the last one before it was given up"
    except (KeyError, TypeError):
        raise Unreadable("this line states something else than heads") from None
    return ""


def root_above(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root of the tree in which `leaf` is number `index` of `size`, beside the nodes of
    `path`; None where they are no such tree."""
    rest = list(path)
    if not 0 <= index < size:
        return None
    while size > 1:
        if index ^ 1 < size:
            if not rest:
                return None
            pair = (rest.pop(0), leaf) if index % 2 else (leaf, rest.pop(0))
            leaf = hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest()
        index, size = index // 2, (size + 1) // 2
    return None if rest else leaf


def check_proof(
    head: dict[str, Any], proof: dict[str, Any], events: Sequence[dict[str, Any]]
) -> str:
    """Why the proof does not show that `events`, up to the head's position, end below its root; ""
    where it does."""
    below = [event for event in events if event["position"] <= head["position"]]
    if not below:
        return "no event of this production is below this head"
    last = below[-1]
    leaf = hashlib.sha256(
        b"\x00"
        + uuid.UUID(last["production"]).bytes
        + last["position"].to_bytes(8, "big")
        + bytes.fromhex(last["hash"])
    ).digest()
    path = [bytes.fromhex(one) for one in proof["path"]]
    if root_above(leaf, proof["leaf"], head["productions"], path) != bytes.fromhex(head["root"]):
        return f"the chain at position {last['position']} does not end below this head"
    return ""


def check_heads(
    files: dict[str, bytes],
    moment: dict[str, Any],
    logs: dict[str, list[dict[str, Any]]],
    keys: Keys,
    report: Report,
) -> list[tuple[str, dict[str, Any]]]:
    """Holds every chain to the heads that were signed; answers the lines with what they state."""
    lines = []
    for number, one in enumerate(loaded(files, CHAIN)["heads"], 1):
        where = f"{CHAIN}, heads {number} ({one['of']})"
        stated = heads_of(one["line"], keys)
        shown = []
        for log, events in sorted(logs.items()):
            head, end = stated["by_log"].get(log), moment["logs"][log]
            proof = one["proofs"].get(log)
            if one["of"] == "export":
                reached = head and (head["incarnation"], head["position"])
                if reached != (end["incarnation"], end["position"]):
                    report.refuse(where, f"{MOMENT} says of {log} what this head does not")
                    continue
            if proof is None:
                if one["of"] == "export" and events:
                    report.refuse(where, f"no proof that {log} ends below this head")
                continue
            wrong = check_proof(head, proof, events) if head else "this head is not there"
            if wrong:
                report.refuse(where, f"{log}: {wrong}")
            else:
                shown.append(log)
        if shown:
            report.proven.append(_stands_below(one["of"], stated, shown))
        lines.append((one["line"], stated))
    return lines


def _stands_below(of: str, stated: dict[str, Any], logs: Sequence[str]) -> str:
    heads = "the heads signed for this package" if of == "export" else "heads anchored before it"
    return (
        f"{', '.join(logs)}: the chains end below {heads} "
        f"({shown_time(stated['at_us'])}, key {stated['key']})"
    )


def check_anchors(
    given: str,
    lines: Sequence[tuple[str, dict[str, Any]]],
    keys: Keys,
    report: Report,
) -> None:
    """Compares what the outsider kept with the heads that this package proves itself below."""
    ours = {line for line, _ in lines}
    kept = lines_among(given)
    matched = 0
    for number, line in enumerate(kept, 1):
        where = f"your anchors, line {number}"
        try:
            anchor = heads_of(line, keys)
        except Unreadable as error:
            report.refuse(where, str(error))
            continue
        if line in ours:
            matched += 1
            report.proven.append(
                f"your anchor of {shown_time(anchor['at_us'])}: nothing recorded before it has "
                "changed since"
            )
        for _, stated in lines:
            for log, head in anchor["by_log"].items():
                other = stated["by_log"].get(log)
                if other and _same_place(head, other) and head["root"] != other["root"]:
                    report.refuse(
                        where,
                        f"at position {head['position']} of {log} the log held "
                        "something else: it was written anew",
                    )
    if not kept:
        report.refuse("your anchors", "there is no line of signed heads among them")
    elif not matched:
        report.unproven.append(
            "what your anchors say: none of them is in this package. Ask the producer for one that "
            "proves itself below them: reel audit export PRODUCTION --anchors FILE"
        )


def _same_place(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (one["incarnation"], one["position"]) == (other["incarnation"], other["position"])


# --- the whole ---------------------------------------------------------------------------------


def check_whole(
    files: dict[str, bytes], report: Report, given_key: bytes | None, anchors: str | None
) -> None:
    """Everything; raises `Unreadable` where a file can be read no further."""
    key, keys = _keys(files, given_key, anchors, report)
    said = _reading(MANIFEST, check_manifest, files, key, report)
    report.title = f"{said['title']}, production {said['production']}"
    if report.holds:
        report.proven.append(
            f"all {len(said['files'])} files are as they were signed by the key {key_id(key)}"
        )
    moment = _reading(MOMENT, loaded, files, MOMENT)
    logs = _reading(MOMENT, check_events, files, moment, said["production"], report)
    lines = _reading(CHAIN, check_heads, files, moment, logs, keys, report)
    _say_what_is_not_proven(report, moment, key, given_key, lines, anchors)
    _say_of_keys(report, key, keys, given_key)
    if anchors is not None:
        check_anchors(anchors, lines, keys, report)


def _reading(name: str, check: Any, *args: Any) -> Any:
    """What `check` answers; whatever cannot be read there is told with the file's name."""
    try:
        return check(*args)
    except Unreadable as error:
        raise Unreadable(f"{name}\n{error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Unreadable(f"{name}\nthis file is not of the form that it must have") from None


def _keys(
    files: dict[str, bytes], given: bytes | None, anchors: str | None, report: Report
) -> tuple[bytes, Keys]:
    """The key that the package is to be signed with, and all that count, followed from the one
    that was given."""
    told = lines_among(anchors or "")
    with contextlib.suppress(Unreadable, TypeError):
        told += [str(line) for line in loaded(files, CHAIN).get("keys", ())]
    if given is None:
        key = bytes(_reading(KEY, key_of_pem, files.get(KEY, b"")))
    else:
        key = key_of_pem(given)
    keys = Keys({key_id(key): key})
    keys.follow(told)
    if given is not None:
        try:
            packed = key_of_pem(files.get(KEY, b""))
            if packed in keys.known.values():
                key = packed
            else:
                report.refuse(
                    KEY,
                    "this is not the key that you were given, and no line tells that one of the "
                    "two gave up for the other",
                )
        except Unreadable as error:
            report.refuse(KEY, str(error))
    for one, ends in keys.given_up.items():
        if len({end["handover"]["to"] for end in ends}) > 1:
            what = f"the key {one} gave up for two others: somebody else has it. Ask the producer"
            report.refuse(f"{CHAIN} and your anchors", what)
    return key, keys


def _say_of_keys(report: Report, key: bytes, keys: Keys, given: bytes | None) -> None:
    for end in keys.given_up.get(key_id(key), ()):
        report.unproven.append(
            f"that the package was made before its key {key_id(key)} was given up on "
            f"{shown_time(end['at_us'])}: whoever still has that key could have dated it back. Ask "
            "for one that the present key has signed"
        )
    if given is not None and key_of_pem(given) != key:
        told = ", ".join(
            f"{end['key']} for {key_id(end['both'][1])} on {shown_time(end['at_us'])}"
            for ends in keys.given_up.values()
            for end in ends
        )
        report.proven.append(
            f"the key {key_id(key)} belongs to the one that you were given: each that gave up "
            f"signed for the next one, and the next one for it ({told})"
        )


def _say_what_is_not_proven(
    report: Report,
    moment: dict[str, Any],
    key: bytes,
    given_key: bytes | None,
    lines: Sequence[tuple[str, dict[str, Any]]],
    anchors: str | None,
) -> None:
    if given_key is None:
        report.unproven.append(
            f"that the key is the producer's: it came with the package. Compare its id "
            f"{key_id(key)} with the one that the producer gave you, or name that key: "
            "--public-key KEY.pem"
        )
    if anchors is None:
        when = [shown_time(stated["at_us"]) for _, stated in lines[1:]]
        kept = f"the package names one of {when[0]}" if when else "the package names none"
        report.unproven.append(
            "that the whole history was not written anew by whoever holds the key: only heads that "
            f"were anchored with others can tell ({kept}). Name the lines that you have kept: "
            "--anchors FILE"
        )
    report.unproven += [NOT_FOLDED, "that everything that happened was recorded"]
    for log, why in sorted(moment.get("left_out", {}).items()):
        report.unproven.append(f"anything of the {log} log: it was left out, since {why}")


def checked(place: str, public_key: bytes | None = None, anchors: str | None = None) -> Report:
    """What there is to say of the package at `place`, a folder or an archive.

    Raises:
        OSError: it cannot be read.
        Unreadable: it is no package at all, or `public_key` no key.
    """
    report = Report()
    files = files_of(place, report)
    if public_key is not None:
        key_of_pem(public_key)
    try:
        check_whole(files, report, public_key, anchors)
    except Unreadable as error:
        where, _, what = str(error).partition("\n")
        report.refuse(where, what)
    report.faults = list(dict.fromkeys(report.faults))
    return report


def shown_time(time_us: int) -> str:
    """A time as people read it, in UTC."""
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    try:
        return f"{epoch + datetime.timedelta(microseconds=time_us):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return f"{time_us} microseconds after 1970"


def printable(text: str) -> str:
    """The text without what could play with a terminal."""
    return "".join(one if one.isprintable() else "?" for one in text)


def wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    """The text in lines of at most 100 characters."""
    return textwrap.wrap(
        text, 100, initial_indent=indent if first is None else first, subsequent_indent=indent
    )


def said_of(report: Report) -> str:
    """The verdict in plain words."""
    lines = [report.title, "", "REFUSED" if report.faults else "VERIFIED"]
    for where, what in report.faults:
        lines += [f"  {where}:", *wrapped(what, "      ")]
    if report.holds:
        for heading, found in (("Proven:", report.proven), ("Not proven:", report.unproven)):
            lines += [
                "",
                heading,
                *(line for one in found for line in wrapped(one, "    ", "  - ")),
            ]
    return "\n".join(printable(line) for line in lines)


def main(words: Sequence[str] | None = None) -> int:
    """Checks what the command line names, and prints the verdict."""
    parser = argparse.ArgumentParser(prog="verify.py", description=__doc__.split("\n\n")[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("package", nargs="?", default=here, help="folder or archive; else this one")
    parser.add_argument("--public-key", metavar="KEY.pem", help="the key as you were given it")
    parser.add_argument("--anchors", metavar="FILE", help="lines of signed heads that you kept")
    asked = parser.parse_args(words)
    try:
        public_key, anchors = None, None
        if asked.public_key:
            with open(asked.public_key, "rb") as file:
                public_key = file.read()
        if asked.anchors:
            with open(asked.anchors, encoding="utf-8") as text:
                anchors = text.read()
        report = checked(asked.package, public_key, anchors)
    except (OSError, ValueError) as error:
        print(printable(str(error)), file=sys.stderr)
        return 2
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(said_of(report))
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
