"""Anchors from wherever they were kept: which of them count, and whether they agree."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from runtime.audit.findings import ANCHORS, Finding
from runtime.audit.heads import BESIDE, Head, MalformedStatement, Statement
from runtime.audit.keys import Keys
from runtime.audit.lines import SignedHeads
from runtime.audit.signing import ForgedHeads


@dataclass(frozen=True)
class Source:
    """Lines of signed heads from one place, as `name` says it.

    Of a `whole` one (the installation's own file, its topic) no line may be missing. Of several,
    the first is written first, so that the end of it may not have come to the others yet. What
    somebody has on paper, or was handed now and then, may be a part.
    """

    name: str
    lines: Sequence[str]
    whole: bool = False


@dataclass
class Anchors:
    """Statements that count, oldest first, and what is wrong with the others or between them."""

    statements: list[Statement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, sources: Sequence[Source], keys: Iterable[Ed25519PublicKey]) -> "Anchors":
        """What those sources say, as far as one of `keys` has signed it, or one that they
        followed or were followed by."""
        known = Keys.following(keys, (line for source in sources for line in source.lines))
        anchors = cls(findings=list(known.findings()), remarks=list(known.remarks()))
        by_source = {source.name: anchors._read(source, known) for source in sources}
        statements: dict[str, Statement] = {}
        for found in by_source.values():
            statements |= found
        anchors.statements = sorted(statements.values(), key=lambda one: (one.at_us, one.digest))
        whole = {name for source in sources if source.whole for name in by_source[source.name]}
        in_line = [one for one in anchors.statements if one.previous != BESIDE]
        anchors.findings += _broken_chains({one.digest: one for one in in_line}, whole)
        anchors.findings += _going_back(in_line)
        own = [source.name for source in sources if source.whole]
        for one, other in permutations(own, 2):
            anchors._compare(by_source, one, other, may_be_behind=own.index(one) > own.index(other))
        return anchors

    def of_log(self, log: str) -> list[tuple[Statement, Head]]:
        """What they say of one log, oldest first."""
        return [(one, head) for one in self.statements if (head := one.head(log))]

    def _read(self, source: Source, keys: Keys) -> dict[str, Statement]:
        found: dict[str, Statement] = {}
        for number, line in enumerate(source.lines, 1):
            if not line.strip():
                continue
            where = f"line {number} of {source.name}"
            try:
                statement = keys.checked(SignedHeads.of_line(line))
            except (MalformedStatement, ForgedHeads) as error:
                what = f"{where} is no anchor: {error}"
                self.findings.append(
                    Finding(ANCHORS, what, "a line signed by a key that counts", _short(line))
                )
                continue
            found[statement.digest] = statement
        return found

    def _compare(
        self,
        by_source: Mapping[str, Mapping[str, Statement]],
        name: str,
        other: str,
        *,
        may_be_behind: bool,
    ) -> None:
        """What one whole source lacks of another."""
        mine = by_source[name]
        missing = [one for digest, one in by_source[other].items() if digest not in mine]
        if not missing:
            return
        last = max((one.at_us for one in mine.values()), default=0)
        if may_be_behind and all(one.at_us > last for one in missing):
            count = "the last line" if len(missing) == 1 else f"the last {len(missing)} lines"
            self.remarks.append(f"{name} has not got {count} of {other} yet")
            return
        self.findings.append(
            Finding(
                ANCHORS,
                f"{name} lacks what {other} has: lines were taken away",
                f"{len(missing)} more, the first {missing[0].digest}",
                f"{len(mine)} lines",
            )
        )


def _short(line: str) -> str:
    text = line.strip()
    return text if len(text) <= 60 else f"{text[:57]}..."


def _broken_chains(statements: Mapping[str, Statement], whole: set[str]) -> Iterator[Finding]:
    """Each names the one before it; no two name the same, and of a whole source none is missing."""
    followers: dict[tuple[str | None, str | None], Statement] = {}
    for digest, one in sorted(statements.items(), key=lambda item: item[1].at_us):
        # The first one of each key follows nothing; any other follows one, of whichever key.
        behind = one.key if one.previous is None else None
        twin = followers.setdefault((behind, one.previous), one)
        if twin is not one:
            of = f"key {one.key}" if twin.key == one.key else f"keys {twin.key} and {one.key}"
            yield Finding(
                ANCHORS,
                f"two anchors of the {of} follow the same one: its line forks",
                f"one behind {one.previous or 'the beginning'}",
                f"{twin.digest} and {digest}",
            )
        before = statements.get(one.previous) if one.previous else None
        if one.previous and before is None and digest in whole:
            yield Finding(
                ANCHORS,
                "an anchor names one before it that is nowhere: a line was taken away",
                one.previous,
                "no such line",
            )
        if before is not None and before.at_us >= one.at_us:
            what = "an anchor is not later than the one that it follows"
            yield Finding(ANCHORS, what, f"after {before.at_us}", str(one.at_us))


def _going_back(statements: Iterable[Statement]) -> Iterator[Finding]:
    """Heads of one log and incarnation, in the order of time, only move on."""
    heads: dict[tuple[str, str], list[Head]] = {}
    for statement in statements:
        for head in statement.heads:
            heads.setdefault((head.log, head.incarnation), []).append(head)
    for of_log in heads.values():
        for before, head in pairwise(of_log):
            if head.position == before.position and head != before:
                what = "two anchors of the same position say different things"
            elif head.position < before.position:
                what = "a later anchor is of an earlier position"
            elif (head.recorded_at_us, head.productions) < (before.recorded_at_us, 0) or (
                head.productions < before.productions
            ):
                what = "a later anchor has an earlier time, or fewer productions"
            else:
                continue
            yield Finding(head.log, what, f"after {before}", str(head), head.position)
