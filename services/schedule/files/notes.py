"""What is said about a file: the problems for which it is refused, and what has no place here."""

from collections.abc import Mapping, Sequence

from events.schedule import Unplaced
from runtime.importing import BadFile, Problem

PROBLEMS_MAX = 200
NOTES_MAX = 300
NAMES_SHOWN = 20
KEYS_MAX = 9
FEW = 3
TEXT_MAX = 2_000


class Notes:
    """Problems in the order in which they were found, and notes grouped by what they say."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._problem_count = 0
        self._names: dict[tuple[str, str, str], list[str]] = {}
        self._left_out: dict[str, dict[str, list[str]]] = {}
        self._more = 0

    def refuse(self, where: str, problem: str, cure: str) -> None:
        """Notes why the file cannot be taken; `where` is the way to it in the document."""
        self._problem_count += 1
        if len(self._problems) < PROBLEMS_MAX:
            self._problems.append(Problem(0, where, problem, cure))

    def tell(self, kind: str, name: str, problem: str, cure: str) -> None:
        """Notes what was not carried over as it stood; notes that say the same are told at once."""
        group = (kind, problem, cure)
        if group in self._names or len(self._names) < NOTES_MAX:
            self._names.setdefault(group, []).append(name)
        else:
            self._more += 1

    def leave_out(self, kind: str, key: str, name: str) -> None:
        """Notes that the `key` of one thing has no place here; told at once for each kind."""
        keys = self._left_out.setdefault(kind, {})
        if key in keys or len(keys) < KEYS_MAX:
            keys.setdefault(key, []).append(name)
        else:
            keys.setdefault("other keys", []).append(name)

    def check(self) -> None:
        """Raises `BadFile` with the first problems, if there are any."""
        more = self._problem_count - len(self._problems)
        if more:
            self._problems.append(Problem(0, "", f"{more} more problems", "mend these first"))
        if self._problems:
            raise BadFile(self._problems)

    def unplaced(self) -> Sequence[Unplaced]:
        """Everything that was told: first what concerns the shoot, then what was left out."""
        told = [
            Unplaced(what=_short(f"{kind}: {_listed(names)}"), problem=problem, cure=cure)
            for (kind, problem, cure), names in self._names.items()
        ]
        told += [
            Unplaced(
                what=_short(f"{kind}: {_keys(keys)}"),
                problem="there is no place for that here",
                cure="keep the file; write what matters into a synopsis",
            )
            for kind, keys in self._left_out.items()
        ]
        if self._more:
            cure = "mend these first, then import the file again"
            told.append(
                Unplaced(what=f"{self._more} more", problem="there is no room for them", cure=cure)
            )
        return told


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _keys(keys: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"`{key}` of {_few(names)}" for key, names in keys.items())


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}…"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= FEW else f"{len(names)}"
