"""Figures and the facts behind them, in the form of the answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import orjson

from events.approval import Role
from events.envelope import Recorded
from runtime.explaining.figures import Cells, Figure
from runtime.explaining.history import Effect, History
from runtime.rooms import Service
from runtime.web.problems import NotThere

FACTS_MAX = 100
"""How many facts are listed with one term; the latest."""


@dataclass(frozen=True)
class Teller:
    """Tells facts to somebody in those roles: what a log's trail would not tell is left out."""

    history: History
    services: Mapping[str, Service]
    roles: frozenset[Role]

    def figure(self, figure: Figure) -> dict[str, Any]:
        """As `FigureTold`, down to the facts."""
        facts = self.history.behind(figure.cells)
        return {
            "name": figure.name,
            "label": figure.label,
            "value": figure.value,
            "unit": figure.unit,
            "formula": figure.formula,
            "terms": [self.figure(term) for term in figure.terms],
            "facts": [self.fact(*one) for one in facts[-FACTS_MAX:]],
            "facts_before": max(0, len(facts) - FACTS_MAX),
        }

    def facts(self, cells: Iterable[Cells]) -> list[dict[str, Any]]:
        """As `FactTold`, of all that changed those cells."""
        return [self.fact(*one) for one in self.history.behind(cells)]

    def fact(self, recorded: Recorded, effects: Sequence[Effect]) -> dict[str, Any]:
        """As `FactTold`; personal texts are still sealed."""
        told = self._may_know(recorded.log)
        data = orjson.loads(recorded.payload)
        reason = data.get("reason") if told else None
        return {
            "log": recorded.log,
            "position": recorded.position,
            "id": recorded.id,
            "type": recorded.type,
            "recorded_at": recorded.recorded_at.isoformat(),
            "effective_at": recorded.effective_at.isoformat(),
            "actor": recorded.actor,
            "reason": reason if isinstance(reason, str) else None,
            "causation": recorded.causation,
            "correlation": recorded.correlation,
            "data": data if told else None,
            "effects": [_effect(one) for one in effects] if told else [],
        }

    def _may_know(self, log: str) -> bool:
        service = self.services.get(log)
        return service is None or service.trail_for is None or bool(service.trail_for & self.roles)


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "row": " ".join([effect.table.TABLE, *map(str, effect.key)]),
        "column": effect.column,
        "before": _text(effect.before),
        "after": _text(effect.after),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def named(figures: Sequence[Figure], name: str) -> Figure:
    """The figure of that name, or the only one whose name ends so.

    Raises:
        NotThere: names those that are most like it.
    """
    for figure in figures:
        if figure.name == name:
            return figure
    ending = [figure for figure in figures if figure.name.endswith(f"/{name}")]
    if len(ending) == 1:
        return ending[0]
    names = [figure.name for figure in ending] or [figure.name for figure in figures]
    alike = names if ending else get_close_matches(name, names, 5, 0.3)
    cure = f"; there are {', '.join(alike[:8])}" if alike else ""
    raise NotThere(f"there is no figure {name!r}{cure}: list them without `figure`")
