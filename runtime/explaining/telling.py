"""Figures and the facts behind them, in the form of the answers."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from events.approval import Role
from events.envelope import Recorded
from runtime.explaining.figures import Cells, Figure, text
from runtime.explaining.history import Effect, History
from runtime.people.names import called
from runtime.rooms import Service
from runtime.web.facts import fact
from runtime.web.problems import NotThere

FACTS_MAX = 100
"""How many facts are listed with one figure; the latest."""
ALIKE_MAX = 8
"""How many names are offered in place of one that there is not."""
DEPTH_MAX = 50
"""How deep a figure is told: what is made later by a long row of others ends somewhere."""


class Teller:
    """Tells facts to somebody in those roles: what a log's trail would not tell is left out. People
    go by their `names`, which are open. It remembers which facts it has named."""

    def __init__(
        self,
        history: History,
        services: Mapping[str, Service],
        roles: frozenset[Role],
        names: Mapping[str, str],
    ) -> None:
        self._history = history
        self._services = services
        self._roles = roles
        self._names = names
        self._named: dict[str, Recorded] = {}

    def figure(self, figure: Figure) -> dict[str, Any]:
        """As `FigureTold`, down to the facts; what stands in it repeatedly is told once."""
        return self._figure(figure, 1, set())

    def _figure(self, figure: Figure, depth: int, above: set[str]) -> dict[str, Any]:
        if figure.name in above:
            told = "above"
        else:
            told = "apart" if depth == DEPTH_MAX and figure.terms else "here"
        here = told == "here"
        if here:
            above.add(figure.name)
        behind = self._history.behind(figure.cells) if here else []
        terms = figure.terms if here else ()
        return {
            "name": figure.name,
            "label": self.label(figure),
            "value": figure.value,
            "unit": figure.unit,
            "formula": figure.formula,
            "told": told,
            "terms": [self._figure(term, depth + 1, above) for term in terms],
            "facts": [self._behind(*one) for one in behind[-FACTS_MAX:]],
            "facts_before": max(0, len(behind) - FACTS_MAX),
        }

    def label(self, figure: Figure) -> str:
        """What the figure is, with the name of the person whose it is."""
        return label_of(figure, self._names)

    def ids(self, cells: Iterable[Cells]) -> list[str]:
        """The ids of all facts that changed those cells, oldest first."""
        behind = [recorded for recorded, _ in self._history.behind(cells)]
        self._named |= {recorded.id: recorded for recorded in behind}
        return [recorded.id for recorded in behind]

    def facts(self) -> list[dict[str, Any]]:
        """As `FactTold`, every fact that it has named, oldest first; personal texts are still
        sealed."""
        named = sorted(self._named.values(), key=lambda one: (one.recorded_at_us, one.log))
        return [self._fact(recorded) for recorded in named]

    def _behind(self, recorded: Recorded, effects: Sequence[Effect]) -> dict[str, Any]:
        self._named[recorded.id] = recorded
        told = self._may_know(recorded.log)
        return {"fact": recorded.id, "effects": [_effect(one) for one in effects] if told else []}

    def _fact(self, recorded: Recorded) -> dict[str, Any]:
        said = fact(recorded)
        if not self._may_know(recorded.log):
            said |= {"data": None}
        reason = said["data"] and said["data"].get("reason")
        return {
            "log": recorded.log,
            **{name: said[name] for name in _OF_THE_FACT},
            "actor_name": self._names.get(recorded.actor),
            "reason": reason if isinstance(reason, str) else None,
            "causation": recorded.causation,
            "correlation": recorded.correlation,
            "data": said["data"],
        }

    def _may_know(self, log: str) -> bool:
        service = self._services.get(log)
        return service is None or service.trail_for is None or bool(service.trail_for & self._roles)


_OF_THE_FACT = ("id", "type", "position", "recorded_at", "effective_at", "actor")


def label_of(figure: Figure, names: Mapping[str, str]) -> str:
    """What a figure is; `names` are open, by their persons' ids."""
    whose = [] if figure.person is None else [called(figure.person, names.get(figure.person))]
    return " ".join([figure.label, *whose])


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "row": " ".join([effect.table.TABLE, *map(str, effect.key)]),
        "column": effect.column,
        "before": text(effect.before),
        "after": text(effect.after),
    }


def named(figures: Iterable[Figure], name: str) -> Figure:
    """The figure of that name, or the only one whose name ends so.

    Raises:
        NotThere: names those that are most like it.
    """
    by_name = {figure.name: figure for figure in figures}
    if name in by_name:
        return by_name[name]
    ending = [one for one in by_name if one.endswith(f"/{name}")]
    if len(ending) == 1:
        return by_name[ending[0]]
    if ending:
        raise NotThere(
            f"{len(ending)} figures end in {name!r}: ask for {_listed(ending)} by the whole name"
        )
    alike = get_close_matches(name, by_name, ALIKE_MAX, 0.3)
    cure = f": is it {_listed(alike)}?" if alike else "."
    raise NotThere(f"there is no figure {name!r}{cure} Who names none has all listed")


def _listed(names: Sequence[str]) -> str:
    said = [*names[:ALIKE_MAX], *(["another"] if len(names) > ALIKE_MAX else [])]
    return " or ".join(said)
