"""What must be true of a log and of what was made of it, by code that shares nothing with Reel's.

Raw SQL, dicts and `hashlib`; nothing of `events`, `runtime`, `services` or `projections`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import dict_row

LOGS = ("approval", "budget", "contract", "schedule")
HEARS = {
    "approval_service": ("approval", "budget", "contract", "schedule"),
    "budget_service": ("approval", "budget", "contract", "schedule"),
    "contract_service": ("approval", "budget", "contract", "schedule"),
    "schedule_service": ("approval",),
    "budget_status_v2": ("approval", "budget"),
    "contracts_v2": ("approval", "budget", "contract"),
    "day_out_of_days_v1": ("approval", "schedule"),
    "inbox_v1": ("approval", "budget", "contract", "schedule"),
    "obligations_v2": ("approval", "budget", "contract"),
    "timeline_v2": ("approval", "budget", "contract", "schedule"),
}
"""Every consumer of this build's rooms, by the schema of its places, and the logs it hears."""

Fact = dict[str, Any]
Table = dict[tuple[Any, ...], tuple[Any, ...]]

_EVENTS = """
    SELECT production::text, stream, version, position, partition, previous, id::text, ordinal,
           type, schema_version, payload::text AS payload, recorded_at, effective_at, actor,
           command_id::text, correlation, causation::text, hops, hash
    FROM {}.event ORDER BY position"""


class Truth:
    """The logs and the rows as they are at rest, read once."""

    def __init__(self, dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as session:
            self.logs: dict[str, list[Fact]] = {
                log: session.execute(_EVENTS.format(log)).fetchall() for log in LOGS
            }
            self.heads = {
                log: session.execute(
                    f"SELECT position, recorded_at, partitions, incarnation::text FROM {log}.head"
                ).fetchone()
                or {}
                for log in LOGS
            }
            self.standing: list[str] = [
                f"{schema}: {row['what']} stands still at {log} {row['position']}: {row['why']}"
                for schema, logs in HEARS.items()
                for log in logs
                for row in session.execute(
                    f"""SELECT 'the partition' AS what, position, stopped AS why
                        FROM {schema}.place WHERE log = %(log)s AND stopped IS NOT NULL
                        UNION ALL SELECT production::text, position, reason
                        FROM {schema}.parked WHERE log = %(log)s""",
                    {"log": log},
                )
            ]
        for facts in self.logs.values():
            for fact in facts:
                fact["data"] = json.loads(fact["payload"])
        self._tables = _Tables(dsn)

    def problems(self) -> list[str]:
        """Everything that is not as it must be, each after the name of its invariant."""
        found = named("I3", self.standing)
        for log in LOGS:
            found += named("I2", _positions(log, self.logs[log], self.heads[log]))
            found += named("I2", _versions(log, self.logs[log]))
            found += named("I2", _chains(log, self.logs[log]))
            found += named("I4", _one_effect(log, self.logs[log]))
        found += named("I2", _causes(self.logs))
        found += named("I1", _reactions(self.logs))
        found += named("I5", _money(self.logs["budget"]))
        found += named("I3", self.rows_apart())
        return found

    def accounts(self) -> Table:
        """The rows of the accounts of all budgets, by production and account."""
        return self._tables.status("account")

    def rows_apart(self) -> list[str]:
        """Where a read model's rows are not the fold of the logs."""
        found = []
        for schema in HEARS:
            found += _apart(
                f"{schema}.team", team_rows(self.logs["approval"]), self._tables.team(schema)
            )
            found += _apart(
                f"{schema}.production",
                production_rows(self.logs["approval"]),
                self._tables.production(schema),
            )
        found += _apart(
            "budget_service.known",
            _known_budget(self.logs),
            self._tables.known("budget", "currency", "title"),
        )
        found += _apart(
            "approval_service.known",
            _known_approval(self.logs),
            self._tables.known("approval", "rules"),
        )
        folded = status_rows(self.logs["budget"])
        for table in ("budget", "category", "account", "line"):
            found += _apart(f"budget_status_v2.{table}", folded[table], self._tables.status(table))
        return found


def named(invariant: str, problems: Iterable[str]) -> list[str]:
    """Those problems, each after the name of the invariant that it breaks."""
    return [f"{invariant}: {problem}" for problem in problems]


def _positions(log: str, facts: Sequence[Fact], head: Fact) -> list[str]:
    found = []
    last: dict[int, int] = defaultdict(int)
    for expected, fact in enumerate(facts, 1):
        if fact["position"] != expected:
            return [f"{log}: position {fact['position']} stands where {expected} must"]
        partition = partition_of(fact["production"])
        if fact["partition"] != partition:
            found.append(f"{log} {expected}: in partition {fact['partition']}, not {partition}")
        if fact["previous"] != last[partition]:
            found.append(f"{log} {expected}: previous {fact['previous']}, not {last[partition]}")
        last[partition] = expected
    if head["position"] != len(facts):
        found.append(f"{log}: the head says {head['position']}, there are {len(facts)}")
    if list(head["partitions"]) != [last[partition] for partition in range(12)]:
        found.append(f"{log}: the head's partitions are {head['partitions']}")
    times = [fact["recorded_at"] for fact in facts]
    if any(later <= earlier for earlier, later in pairwise(times)):
        found.append(f"{log}: recorded_at does not grow with the positions")
    return found


def _versions(log: str, facts: Iterable[Fact]) -> list[str]:
    found = []
    versions: Counter[str] = Counter()
    for fact in facts:
        versions[fact["stream"]] += 1
        if fact["version"] != versions[fact["stream"]]:
            found.append(f"{log} {fact['stream']}: version {fact['version']} after a gap or twice")
    return found


def _chains(log: str, facts: Iterable[Fact]) -> list[str]:
    chains: dict[str, bytes] = defaultdict(lambda: bytes(32))
    found = []
    for fact in facts:
        digest = _digest(log, fact, chains[fact["production"]])
        if digest != bytes(fact["hash"]):
            found.append(f"{log} {fact['position']}: the chain of {fact['production']} breaks")
        chains[fact["production"]] = bytes(fact["hash"])
    return found


def _digest(log: str, fact: Fact, before: bytes) -> bytes:
    def number(name: str, size: int) -> bytes:
        return int(fact[name]).to_bytes(size, "big", signed=True)

    fields: list[bytes | None] = [
        log.encode(),
        fact["production"].encode(),
        fact["stream"].encode(),
        fact["id"].encode(),
        number("ordinal", 4),
        fact["type"].encode(),
        number("schema_version", 4),
        fact["payload"].encode(),
        number("effective_at", 8),
        fact["actor"].encode(),
        fact["command_id"].encode(),
        fact["correlation"].encode(),
        fact["causation"].encode() if fact["causation"] else None,
        number("hops", 4),
        number("version", 4),
        number("position", 8),
        number("recorded_at", 8),
        before,
    ]
    text = b"\x01"
    for field in fields:
        text += b"\xff" * 4 if field is None else len(field).to_bytes(4, "big") + field
    return sha256(text).digest()


def partition_of(production: str) -> int:
    """The partition that carries a production."""
    return _murmur2(production.encode()) % 12


def _murmur2(data: bytes) -> int:
    """Kafka's hash of a key, without its sign."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for first in range(0, whole, 4):
        k = int.from_bytes(data[first : first + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return (h ^ (h >> 15)) & 0x7FFFFFFF


def _one_effect(log: str, facts: Iterable[Fact]) -> list[str]:
    """A command's facts stand once, side by side."""
    ordinals: dict[str, list[int]] = defaultdict(list)
    for fact in facts:
        ordinals[fact["command_id"]].append(fact["ordinal"])
    return [
        f"{log}: command {command} stands there as {there}"
        for command, there in ordinals.items()
        if there != list(range(len(there)))
    ]


def _causes(logs: dict[str, list[Fact]]) -> list[str]:
    """A cause is in a log, and earlier than its effect."""
    by_id = {fact["id"]: fact for facts in logs.values() for fact in facts}
    found = []
    for fact in by_id.values():
        if fact["causation"] is None:
            continue
        cause = by_id.get(fact["causation"])
        if cause is None:
            found.append(f"{fact['type']} {fact['id']} has a cause that nobody recorded")
        elif cause["recorded_at"] >= fact["recorded_at"]:
            found.append(f"{fact['type']} {fact['id']} is recorded before its cause")
    return found


_ANSWERS = {
    "budget.BudgetSubmitted": {"approval.ApprovalRequested"},
    "approval.ApprovalGranted": {"budget.BudgetLocked"},
    "approval.ApprovalRefused": {"budget.BudgetReturned"},
    "budget.BudgetReopened": {"approval.ApprovalVoided"},
    "contract.OfferMade": {"contract.OfferLapsed"},
}
_MAY_BE_NEEDLESS = {"budget.BudgetReopened", "approval.ApprovalRefused"}
"""What was locked needs no voiding; a version that was set aside needs no returning."""


def _reactions(logs: dict[str, list[Fact]]) -> list[str]:
    """Each fact that a policy answers has its answer, or the refusal of it, exactly once."""
    effects: dict[str, list[str]] = defaultdict(list)
    for facts in logs.values():
        for fact in facts:
            if fact["causation"]:
                effects[fact["causation"]].append(fact["type"])
    found = []
    for facts in logs.values():
        for fact in facts:
            expected = _ANSWERS.get(fact["type"])
            here = effects.pop(fact["id"], [])
            if expected is None:
                if here:
                    found.append(f"{fact['type']} {fact['id']} caused {here}, which nobody asked")
                continue
            right = {"reaction.ReactionRefused"} | expected
            needless = fact["type"] in _MAY_BE_NEEDLESS and not here
            if not needless and (len(here) != 1 or here[0] not in right):
                found.append(f"{fact['type']} {fact['id']} caused {here or 'nothing'}")
    return found


def _money(facts: Iterable[Fact]) -> list[str]:
    """For every commitment: open + relieved + released = raised, and nothing is below zero."""
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for fact in facts:
        data, kind = fact["data"], fact["type"]
        if not data.get("commitment"):
            continue
        one = sums[fact["production"], data["commitment"]]
        if kind == "budget.CommitmentRaised":
            one["raised"] += Decimal(data["amount"])
        elif kind == "budget.CommitmentClosed":
            one["released"] += Decimal(data["released"])
            one["closed"] += 1
        elif kind == "budget.CostPosted":
            one["relieved"] += Decimal(data["relieved"])
        elif kind == "budget.CostReversed":
            one["relieved"] -= Decimal(data["restored"])
    found = []
    for (production, commitment), one in sums.items():
        still_open = one["raised"] - one["relieved"] - one["released"]
        if still_open < 0 or one["closed"] > 1 or (one["closed"] and still_open):
            found.append(f"{production}: commitment {commitment} has {dict(one)}")
    return found


def production_rows(facts: Iterable[Fact]) -> Table:
    return {
        (fact["production"],): tuple(
            fact["data"][name] for name in ("title", "kind", "currency", "time_zone")
        )
        for fact in facts
        if fact["type"] == "approval.ProductionOpened"
    }


def team_rows(facts: Iterable[Fact]) -> Table:
    rows: Table = {}
    for fact in facts:
        data = fact["data"]
        if fact["type"] == "approval.PersonAppointed":
            rows[fact["production"], data["person"], data["role"]] = (data["starts"], data["ends"])
        elif fact["type"] == "approval.AppointmentEnded":
            key = (fact["production"], data["person"], data["role"])
            rows[key] = (rows[key][0], data["ends"])
    return rows


def _known_budget(logs: dict[str, list[Fact]]) -> Table:
    known: Table = {}
    for fact in logs["approval"]:
        if fact["type"] == "approval.ProductionOpened":
            body = {name: fact["data"][name] for name in ("currency", "title")}
            known[fact["production"],] = (json.dumps(body, sort_keys=True),)
    return known


def _known_approval(logs: dict[str, list[Fact]]) -> Table:
    rules: dict[str, dict[str, Any]] = {
        fact["production"]: {} for facts in logs.values() for fact in facts
    }
    for fact in logs["approval"]:
        if fact["type"] == "approval.ApprovalRulesSet":
            rules[fact["production"]][fact["data"]["subject_kind"]] = fact["data"]["rules"]
    return {
        (production,): (json.dumps({"rules": body}, sort_keys=True),)
        for production, body in rules.items()
    }


_ZERO = Decimal(0)
_LINE = ("account", "category", "description", "amount", "unit", "x", "rate", "subtotal")
_NUMBERS = {"amount", "x", "rate", "subtotal"}


def status_rows(facts: Iterable[Fact]) -> dict[str, Table]:
    """The four tables of budget status, as a naive fold of the budget log has them."""
    tables: dict[str, Table] = {"budget": {}, "category": {}, "account": {}, "line": {}}
    folds: dict[str, Status] = {}
    for fact in facts:
        folds.setdefault(fact["production"], Status()).take(fact["type"], fact["data"])
    for production, fold in folds.items():
        if fold.phase:
            tables["budget"][production,] = (fold.currency, fold.phase, fold.version, fold.locked)
        for number, (name, level) in fold.categories.items():
            tables["category"][production, number] = (name, level)
        for account, row in fold.account_rows():
            tables["account"][production, account] = row
        for line, (data, removed) in fold.lines.items():
            tables["line"][production, line] = (
                *(Decimal(data[name]) if name in _NUMBERS else data[name] for name in _LINE),
                removed,
            )
    return tables


class Status:
    """One production's budget, without rows, views or a thought of speed."""

    def __init__(self) -> None:
        self.currency = self.phase = ""
        self.version = 0
        self.locked: int | None = None
        self.categories: dict[str, tuple[str, str]] = {}
        self.lines: dict[str, tuple[dict[str, Any], bool]] = {}
        self.accounts: dict[str, dict[str, Any]] = {}

    def working(self, account: str) -> Decimal:
        return sum(
            (
                Decimal(data["subtotal"])
                for data, removed in self.lines.values()
                if not removed and data["account"] == account
            ),
            _ZERO,
        )

    def account_rows(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Each account with its columns, as the read model has them."""
        for account, sums in self.accounts.items():
            yield (
                account,
                (
                    sums["category"],
                    self.working(account),
                    *(sums[name] for name in ("original", "approved", "committed", "cost")),
                    sums["basis"],
                    sums["estimate"],
                ),
            )

    def take(self, kind: str, data: dict[str, Any]) -> None:
        match kind.removeprefix("budget."):
            case "BudgetDrafted":
                self.currency, self.phase, self.version = data["currency"], "draft", 1
                self._headings(data)
            case "CategoriesAdded":
                self._headings(data)
            case "LineAdded":
                self._line(data["line"])
            case "LinesImported":
                for line in data["lines"]:
                    self._line(line)
            case "LineRevised":
                self._account(data["before"]["account"])
                self._line(data["after"])
            case "LineRemoved":
                self.lines[data["line"]["line"]] = (data["line"], True)
            case "BudgetSubmitted":
                self.phase, self.version = "submitted", data["version"]
            case "BudgetLocked":
                self._lock(data["version"])
            case "BudgetReturned":
                self.phase, self.version = "draft", data["version"] + 1
            case "BudgetReopened":
                self.phase, self.version = "draft", data["version"]
            case "CommitmentRaised":
                self._account(data["account"])["committed"] += Decimal(data["amount"])
            case "CommitmentClosed":
                self._account(data["account"])["committed"] -= Decimal(data["released"])
            case "CostPosted":
                account = self._account(data["account"])
                account["committed"] -= Decimal(data["relieved"])
                account["cost"] += Decimal(data["amount"])
            case "CostReversed":
                account = self._account(data["account"])
                account["committed"] += Decimal(data["restored"])
                account["cost"] -= Decimal(data["amount"])
            case "EstimateSet":
                account = self._account(data["account"])
                account["basis"], account["estimate"] = data["basis"], Decimal(data["value"])

    def _headings(self, data: dict[str, Any]) -> None:
        for one in data["categories"]:
            self.categories[one["category"]] = (one["name"], one["level"])

    def _line(self, line: dict[str, Any]) -> None:
        self._account(line["account"])["category"] = line["category"]
        self.lines[line["line"]] = (line, False)

    def _lock(self, version: int) -> None:
        for number, account in self.accounts.items():
            account["approved"] = self.working(number)
            if self.locked is None:
                account["original"] = account["approved"]
        self.phase, self.version, self.locked = "locked", version, version

    def _account(self, number: str) -> dict[str, Any]:
        sums = dict.fromkeys(("original", "approved", "committed", "cost"), _ZERO)
        nothing = {**sums, "category": None, "basis": None, "estimate": None}
        return self.accounts.setdefault(number, nothing)


class _Tables:
    """The rows that Reel keeps, in the same shape."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def production(self, schema: str) -> Table:
        return self._read(
            schema, "production", "production::text, title, kind, currency, time_zone"
        )

    def team(self, schema: str) -> Table:
        columns = "production::text, person, role, starts::text, ends::text"
        return self._read(schema, "team", columns, key=3)

    def known(self, service: str, *parts: str) -> Table:
        """Those parts of what a service remembers."""
        rows = self._read(f"{service}_service", "known", "production::text, body::text")
        return {
            key: (json.dumps({one: json.loads(body)[one] for one in parts}, sort_keys=True),)
            for key, (body,) in rows.items()
        }

    def status(self, table: str) -> Table:
        columns = {
            "budget": "production::text, currency, phase, version, locked_version",
            "category": "production::text, category, name, level",
            "account": "production::text, account, category, working, original, approved, "
            "committed, cost_to_date, estimate_basis, estimate",
            "line": f"production::text, line, {', '.join(_LINE)}, removed",
        }
        key = 1 if table == "budget" else 2
        return self._read("budget_status_v2", table, columns[table], key=key)

    def _read(self, schema: str, table: str, columns: str, *, key: int = 1) -> Table:
        with psycopg.connect(self._dsn, autocommit=True) as session:
            rows = session.execute(f"SELECT {columns} FROM {schema}.{table}").fetchall()
        return {tuple(row[:key]): tuple(row[key:]) for row in rows}


def _apart(what: str, folded: Table, rows: Table) -> list[str]:
    found = [
        f"{what} {key}: the fold has {folded.get(key)}, the rows {rows.get(key)}"
        for key in folded.keys() | rows.keys()
        if folded.get(key) != rows.get(key)
    ]
    return found[:5] + ([f"{what}: and {len(found) - 5} more"] if len(found) > 5 else [])
