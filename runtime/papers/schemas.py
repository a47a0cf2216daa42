"""A JSON Schema of every version of every event, as it stands in logs and topics."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from events.event import Event, catalogue
from runtime.papers.words import said

FOLDER = "docs/events"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_WORDS = frozenset({"title", "description", "examples", "$id", "$schema"})
"""Keys that tell people something and refuse nothing."""


def papers() -> Mapping[str, str]:
    """`docs/events/budget.BudgetLocked.v2.json` and its like."""
    return {
        path_of(wire, version): json.dumps(schema_of(shape), indent=2, ensure_ascii=False) + "\n"
        for (wire, version), shape in sorted(catalogue().items())
    }


def path_of(wire: str, version: int) -> str:
    """Where the schema of that version lies."""
    return f"{FOLDER}/{wire}.v{version}.json"


def is_schema(path: str) -> bool:
    """Whether a paper is one of these."""
    return path.startswith(f"{FOLDER}/") and path.endswith(".json")


def schema_of(shape: type[Event]) -> dict[str, Any]:
    """What every stored payload of that shape fits. Decimals are strings."""
    wire, version = shape.wire()
    schema = shape.model_json_schema(mode="serialization")
    return {
        "$schema": DIALECT,
        "$id": f"{wire}.v{version}.json",
        "title": f"{wire}, version {version}",
        "description": said(shape),
        **{key: value for key, value in schema.items() if key not in _WORDS},
    }


def retired_name(path: str) -> str:
    """What the class of that schema is called when a newer one takes its place."""
    _, name, version, _ = PurePosixPath(path).name.split(".")
    return name + version.upper()


def change(lying: str, made: str) -> str | None:
    """Where two schemas of one version first differ in more than words; None where they do not.

    Any such difference counts: readers refuse fields that they do not know, and stored facts have
    the fields that they have.
    """
    return _difference(json.loads(lying), json.loads(made), "")


def _difference(before: Any, after: Any, where: str) -> str | None:
    if isinstance(before, dict) and isinstance(after, dict):
        words = frozenset() if where.endswith(("properties", "$defs")) else _WORDS
        for key in sorted((before.keys() | after.keys()) - words):
            at = f"{where}.{key}".lstrip(".")
            if key not in after:
                return f"{at} is gone"
            if key not in before:
                return f"{at} is new"
            if (found := _difference(before[key], after[key], at)) is not None:
                return found
        return None
    if before == after:
        return None
    if isinstance(before, list) and isinstance(after, list):
        gone = [one for one in before if one not in after]
        new = [one for one in after if one not in before]
        return f"{where}: {json.dumps(gone)} became {json.dumps(new)}"
    return f"{where}: {json.dumps(before)} became {json.dumps(after)}"
