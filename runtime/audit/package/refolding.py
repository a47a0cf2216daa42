"""What only Reel can check of a package: that its read models follow from its events.

No database is needed. Personal texts are opened in the tables and sealed in the events: of those
cells only that something stands there is compared.
"""

from collections.abc import Iterator, Mapping

from events.envelope import Recorded
from runtime import rooms
from runtime.audit.package import verifier
from runtime.audit.package.tables import columns_of, harmless, lines_of, read
from runtime.audit.package.written import recorded_of
from runtime.people.sealed import is_sealed
from runtime.rooms import Projection

FOLLOWS = "the read models are what this build of Reel folds from exactly these events"


def check(place: str, report: verifier.Report) -> None:
    """Folds the events again and notes each cell of a table that is something else.

    Only for a package whose bytes hold; raises as `verifier.checked` does.
    """
    files = verifier.files_of(place, report)
    events = sorted(
        (
            recorded_of(line)
            for name, raw in files.items()
            if name.startswith("events/")
            for line in raw.splitlines()
        ),
        key=lambda recorded: recorded.recorded_at_us,
    )
    there = {name.split("/")[1] for name in files if name.startswith("read-models/")}
    faults = [
        fault
        for name, projection in rooms.projections().items()
        if name in there
        for fault in _faults(projection, events, files)
    ]
    for where, what in faults:
        report.refuse(where, what)
    if not faults:
        report.proven.append(FOLLOWS)
        report.unproven.remove(verifier.NOT_FOLDED)


def _faults(
    projection: Projection, events: list[Recorded], files: Mapping[str, bytes]
) -> Iterator[tuple[str, str]]:
    rows = projection.view.fold(one for one in events if one.log in projection.view.logs)
    for table in projection.view.tables:
        path = f"read-models/{projection.name}/{table.TABLE}.csv"
        folded = [columns_of(table), *lines_of(table, rows)]
        written = read(files.get(path, b""))
        if len(written) != len(folded):
            yield path, f"{len(written)} lines, but the events make {len(folded)}"
            continue
        for number, (is_, should) in enumerate(zip(written, folded, strict=True), 1):
            for column, said, cell in zip(folded[0], is_, should, strict=False):
                if said != harmless(cell) and not (is_sealed(cell) and said):
                    yield (
                        f"{path}, line {number}",
                        f"{column} is {said!r}, the events make {cell!r}",
                    )
