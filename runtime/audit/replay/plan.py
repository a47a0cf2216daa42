"""What there is to fold again: read models, productions, and how many facts each has."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runtime.audit.replay.live import Databases
from runtime.audit.replay.models import Model, models
from runtime.audit.replay.places import PlaceChecker
from runtime.audit.replay.told import Outcome
from runtime.log.contract import Heads
from runtime.log.partition import partition_of

PART_FACTS = 2_000


@dataclass(frozen=True)
class Plan:
    """The read models and services by name, the logs that they hear, and the facts of each
    production."""

    models: tuple[str, ...]
    heads: Mapping[str, Heads]
    facts: Mapping[str, int]

    @property
    def folded(self) -> list[Model]:
        """What is folded again."""
        return [models()[name] for name in self.models]

    def of(self, productions: Iterable[str]) -> "Plan":
        """The plan for some productions: another process need not hear of the others."""
        return replace(self, facts={one: self.facts[one] for one in productions})

    def packed(self) -> "list[Plan]":
        """The plan in parts of some thousand facts, or of one production that has more; the
        largest first, so that none of them is waited for alone."""
        parts: list[Plan] = []
        some: list[str] = []
        weight = 0
        for production, facts in sorted(self.facts.items(), key=lambda one: (-one[1], one[0])):
            some.append(production)
            weight += facts + 1
            if weight >= PART_FACTS:
                parts.append(self.of(some))
                some, weight = [], 0
        return [*parts, self.of(some)] if some else parts


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """Every read model and service whose name begins so, or all: who asks after `budget` means the
    cost report as well as what the service remembers.

    Raises:
        LookupError: there is none of that name.
    """
    known = tuple(models())
    found: list[str] = []
    for name in names:
        begin_so = [one for one in known if one.startswith(name.replace("-", "_"))]
        if not begin_so:
            raise LookupError(
                f"there is no read model or service {name!r}; there are {', '.join(known)}"
            )
        found += begin_so
    return tuple(dict.fromkeys(found)) or known


def production_id(text: str | None) -> str | None:
    """A production's id as the logs write it.

    Raises:
        ValueError: it is none.
    """
    try:
        return None if text is None else str(uuid.UUID(text))
    except ValueError:
        raise ValueError(f"{text!r} is no id of a production: they are UUIDs") from None


async def planned(
    databases: Databases, names: Sequence[str], production: str | None, outcome: Outcome
) -> Plan:
    """What is to be done; what is wrong with places goes into `outcome`.

    Raises:
        LookupError: neither a log nor a read model knows the production.
    """
    folded = [models()[name] for name in names]
    logs = sorted({log for one in folded for log in one.view.logs})
    heads = {log: await (await databases.store(log)).heads() for log in logs}
    facts: Counter[str] = Counter()
    for log in logs:
        for one, count in await (await databases.of(log)).fetch(
            f"""SELECT production::text, count(*) FROM {log}.event
                WHERE $1::uuid IS NULL OR production = $1 GROUP BY production""",
            production,
        ):
            facts[one] += count
    checker = PlaceChecker(databases, heads)
    for model in folded:
        for one in await _shown(await databases.of(model.name), model, production):
            facts.setdefault(one, 0)
        partition = (
            None if production is None else partition_of(production, len(heads[logs[0]].partitions))
        )
        await checker.check(model, partition, outcome)
    if production is not None and not facts:
        raise LookupError(f"neither a log nor a read model knows a production {production}")
    return Plan(tuple(names), heads, facts)


async def _shown(connection: Any, model: Model, production: str | None) -> list[str]:
    """Productions that the tables have rows of, whatever the logs know."""
    schema = await model.schema(connection)
    tables = [
        f"SELECT production FROM {schema}.{table.TABLE} WHERE $1::uuid IS NULL OR production = $1"
        for table in model.view.tables
    ]
    rows = await connection.fetch(
        f"SELECT DISTINCT production::text FROM ({' UNION '.join(tables)}) AS any_of_them",
        production,
    )
    return [row[0] for row in rows]
