"""Whether a trail holds, checked here from what an instance told."""

from typing import Any

from events.envelope import Recorded, verified


def audit_line(entries: list[dict[str, Any]]) -> str:
    """Counts the facts and checks each log's chain here, from the exact stored texts.

    Raises:
        BrokenChain: names the first fact that is not what it was.
    """
    said = []
    for log in sorted({entry["log"] for entry in entries}):
        chain = [recorded(entry) for entry in entries if entry["log"] == log]
        head = verified(sorted(chain, key=lambda one: one.position))
        said.append(
            f"{log} {len(chain)} events to position {chain[-1].position}, "
            f"chain holds, head {head.hex()[:16]}"
        )
    return "Audit: " + "; ".join(said or ["no events"])


def recorded(entry: dict[str, Any]) -> Recorded:
    """The fact again, from what the trail tells of it."""
    return Recorded(
        log=entry["log"],
        production=entry["production"],
        stream=entry["stream"],
        version=entry["version"],
        position=entry["position"],
        partition=entry["partition"],
        previous=entry["previous"],
        id=entry["id"],
        ordinal=entry["ordinal"],
        type=entry["type"],
        schema_version=entry["schema_version"],
        payload=entry["payload"],
        recorded_at_us=entry["recorded_at_us"],
        effective_at_us=entry["effective_at_us"],
        actor=entry["actor"],
        command_id=entry["command_id"],
        correlation=entry["correlation"],
        causation=entry["causation"],
        hops=entry["hops"],
        hash=bytes.fromhex(entry["hash"]),
    )
