"""`docs/asyncapi.yaml`: what travels on which topic, for readers that are not Reel's own.

FastStream makes the document, from one publisher for each log with the union of its events. It
shows shapes as they are read; the wire has them as they are written, so those take their place.
"""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

import yaml
from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI
from pydantic.json_schema import models_json_schema

from events import reaction
from events.event import Event, catalogue
from runtime import rooms
from runtime.audit.lines import HANDOVER_PREFIX, PREFIX
from runtime.kafka import anchors
from runtime.log.contract import PARTITIONS
from runtime.papers.words import listed

SERVER = "kafka:9092"
TOPIC_PREFIX = "reel"
REF = "#/components/schemas/{model}"

HEADERS = {
    "ce_specversion": "1.0, the version of CloudEvents",
    "ce_id": "the fact's id, a UUID: the same however often it is sent",
    "ce_type": "the fact's wire name",
    "ce_source": "the log: /reel/ and its name",
    "ce_subject": "the stream, a kind and a UUID",
    "ce_time": "when it was recorded (UTC, to the microsecond); a cause is earlier than its effect",
    "ce_production": "the production, a UUID; the key of the record as well",
    "ce_schemaversion": "the version of its shape, from 1",
    "ce_incarnation": "the log's id, which is another one after a restore",
    "ce_position": "its number in the log, from 1 and without a gap, in the order of commits",
    "ce_previous": "the position before it in its partition, 0 for the first: a hole shows here",
    "ce_streamversion": "its number in the stream, from 1",
    "ce_ordinal": "its number among the facts of its command, from 0",
    "ce_effective": "from when it holds in the world, in microseconds since 1970 UTC",
    "ce_actor": "an opaque id of who did it, or policy: and the room that reacted",
    "ce_command": "the id of the command that recorded it",
    "ce_correlation": "what the request that began all this was called",
    "ce_hops": "how many reactions lie between a person's command and it",
    "ce_hash": "SHA-256 in hex, over it and its production's fact before it in this log",
    "ce_causation": "the id of the fact that it reacts to; absent where there is none",
    "content-type": "application/json",
}
OPTIONAL_HEADERS = frozenset({"ce_causation"})


def facts_of(log: str) -> tuple[type[Event], ...]:
    """Every shape that a log may hold: its room's own, and those that the runtime records."""
    files = (log, reaction.__name__.rpartition(".")[2])
    return tuple(
        shape for (wire, _), shape in sorted(catalogue().items()) if wire.partition(".")[0] in files
    )


def papers() -> Mapping[str, str]:
    """`docs/asyncapi.yaml`."""
    text = yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return {"docs/asyncapi.yaml": "# Made from the rooms by `make generate`.\n" + text}


class _Plain(yaml.SafeDumper):
    """What is said twice stands there twice, not as a reference to the first."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def document() -> dict[str, Any]:
    """The AsyncAPI 3 document."""
    facts = {log: facts_of(log) for log in rooms.services()}
    broker = KafkaBroker(SERVER, specification_url=SERVER)
    for log, shapes in facts.items():
        broker.publisher(
            f"{TOPIC_PREFIX}.{log}",
            title=log,
            description=f"Every fact of the {log} log, in its order for each production.",
            schema=reduce(or_, shapes),
        )
    made: dict[str, Any] = (
        AsyncAPI(
            broker,
            title="Reel's facts",
            version="1",
            description=(
                f"One topic for each log: {listed(list(facts))}, and one of anchors. CloudEvents "
                "1.0 in binary mode: the value is the fact, the headers say where, when and by "
                "whom it was recorded. "
                "The same record may come more than once; its position tells."
            ),
        )
        .to_specification()
        .to_jsonable()
    )
    _as_written(made, facts)
    _anchors(made)
    return made


def _anchors(made: dict[str, Any]) -> None:
    """The topic on which lines of signed heads stand, which are no facts."""
    topic = f"{TOPIC_PREFIX}.{anchors.NAME}"
    channel, message = {"$ref": f"#/channels/{anchors.NAME}"}, f"{anchors.NAME}:Message"
    made["channels"][anchors.NAME] = {
        "address": topic,
        "description": "Where all logs were, signed, one line a record, each naming the one "
        "before it; `reel audit verify` holds the logs against them.",
        "servers": [{"$ref": "#/servers/development"}],
        "messages": {"Message": {"$ref": f"#/components/messages/{message}"}},
        "bindings": {
            "kafka": {
                "topic": topic,
                "bindingVersion": "0.4.0",
                "partitions": 1,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
            }
        },
    }
    made["operations"][anchors.NAME] = {
        "action": "send",
        "channel": channel,
        "messages": [{"$ref": f"{channel['$ref']}/messages/Message"}],
    }
    made["components"]["messages"][message] = {
        "title": "A line of signed heads",
        "contentType": "text/plain",
        "payload": {
            "type": "string",
            "description": "statement (canonical JSON) and Ed25519 signature in base64url without "
            "padding; where a key gives up for the next, that one's signature too",
            "pattern": rf"^({PREFIX}[\w-]+:[\w-]+|{HANDOVER_PREFIX}[\w-]+:[\w-]+:[\w-]+)$",
        },
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "SHA-256 of the line, in hex"}}
        },
    }


def _as_written(made: dict[str, Any], facts: Mapping[str, tuple[type[Event], ...]]) -> None:
    every = sorted(
        {shape for shapes in facts.values() for shape in shapes}, key=lambda shape: shape.wire()
    )
    references, definitions = models_json_schema(
        [(shape, "serialization") for shape in every], ref_template=REF
    )
    made["components"]["schemas"] = definitions["$defs"]
    # FastStream keeps publishers in a set, so that their order is another one each time.
    for part in (made["channels"], made["operations"], made["components"]["messages"]):
        for name in sorted(part):
            part[name] = part.pop(name)
    for log, shapes in facts.items():
        made["channels"][log]["bindings"]["kafka"] |= {
            "partitions": PARTITIONS,
            "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
        }
        message = made["components"]["messages"][f"{log}:Message"]
        message |= {
            "title": f"A fact of the {log} log",
            "contentType": "application/json",
            "headers": _headers(shapes),
            "payload": {"anyOf": [references[shape, "serialization"] for shape in shapes]},
            "correlationId": {"location": "$message.header#/ce_correlation"},
            "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}}},
        }


def _headers(shapes: tuple[type[Event], ...]) -> dict[str, Any]:
    names = sorted({shape.wire()[0] for shape in shapes})
    return {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": description}
            | ({"enum": names} if name == "ce_type" else {})
            for name, description in HEADERS.items()
        },
        "required": [name for name in HEADERS if name not in OPTIONAL_HEADERS],
    }
