"""Facts as a package writes them: a line for each, with exactly what its hash covers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from events.envelope import Recorded
from events.event import catalogue
from runtime.audit.package.history import History
from runtime.papers.schemas import schema_of

NOT_HASHED = 0
"""What stands for partition and previous in a fact that is read back: transport, outside the
hash."""


def line_of(recorded: Recorded) -> bytes:
    """One fact as JSON on one line; its payload is the stored text, personal fields sealed."""
    return (
        json.dumps(
            {
                "log": recorded.log,
                "position": recorded.position,
                "production": recorded.production,
                "stream": recorded.stream,
                "version": recorded.version,
                "id": recorded.id,
                "ordinal": recorded.ordinal,
                "type": recorded.type,
                "schema_version": recorded.schema_version,
                "payload": recorded.payload,
                "recorded_at_us": recorded.recorded_at_us,
                "effective_at_us": recorded.effective_at_us,
                "actor": recorded.actor,
                "command_id": recorded.command_id,
                "correlation": recorded.correlation,
                "causation": recorded.causation,
                "hops": recorded.hops,
                "hash": recorded.hash.hex(),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        + b"\n"
    )


def recorded_of(line: bytes) -> Recorded:
    """The fact on one line; raises `ValueError`, `KeyError` or `TypeError` where it is none."""
    fields = json.loads(line)
    return Recorded(
        **fields | {"hash": bytes.fromhex(fields["hash"])},
        partition=NOT_HASHED,
        previous=NOT_HASHED,
    )


def logs_of(history: History) -> dict[str, bytes]:
    """`events/<log>.ndjson` of every log that is handed over."""
    return {
        f"events/{log}.ndjson": b"".join(map(line_of, told))
        for log, told in history.handed_over.items()
    }


def schemas_of(events: Iterable[Recorded]) -> dict[str, bytes]:
    """`schemas/<type>.v<n>.json` of every version of every type among those facts."""
    shapes = sorted({(recorded.type, recorded.schema_version) for recorded in events})
    return {
        f"schemas/{wire}.v{version}.json": json_of(schema_of(catalogue()[wire, version]))
        for wire, version in shapes
    }


def moment_of(history: History) -> dict[str, Any]:
    """What `moment.json` says: how far each log was, and how far this production in it."""
    return {
        "layout": 1,
        "at": history.at.isoformat(),
        "logs": {
            log: {
                "incarnation": history.ends[log].incarnation,
                "position": history.ends[log].position,
                "last_position": told[-1].position if told else 0,
                "hash": told[-1].hash.hex() if told else None,
                "events": len(told),
            }
            for log, told in sorted(history.handed_over.items())
        },
        "left_out": dict(history.left_out),
    }


def json_of(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """A document for people and programs."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"
