"""Runs the tests that a mutant concerns, in a process of its own that has everything loaded.

One pytest session collects the tests. A first child runs them all and says which of them pass
through which lines; then each file gets a child, in which the functions of one mutant after the
other are given their changed code, and the tests of those lines run until one fails. Nothing is
loaded twice. At the end of a file its tests run once more, unchanged: where they do not pass,
something of a mutant stayed behind, and each gets a child of its own.
"""

import gc
import importlib
import os
import pickle
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage

from tests.mutants import passages
from tests.mutants.changes import Mutant
from tests.mutants.passages import Passage
from tests.mutants.scope import tests_of

CPU_S = 20
SLOWER = 4
"""What a mutant's tests may take of a processor, in seconds and as a multiple of what they take
unchanged; whoever takes more than both goes round in circles."""
LEAKING = 3
EXAMPLES = 10
"""Of each property; all are the same ones every time."""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNCOVERED = "not covered"


class Trials:
    """A plugin of pytest that runs `work` in place of the tests."""

    def __init__(
        self, files: Sequence[str], every_file: Sequence[str], work: Callable[["Trials"], None]
    ) -> None:
        self._files, self._every_file = tuple(files), tuple(every_file)
        self._work = work
        self._items: list[pytest.Item] = []
        self._learned: dict[str, Passage] = {}

    def pytest_configure(self) -> None:
        """The same examples every time, and none made small: one that fails is enough."""
        from hypothesis import Phase, settings  # pytest itself wants to be the first to load it

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutants", derandomize=True, database=None, deadline=None, phases=phases
        )
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learns what each test passes through, then works."""
        self._items = session.items
        for one in self._items:
            _hasten(one)
        learned = passages.kept()
        new = [one for one in self._items if one.nodeid not in learned]
        if new:
            learned |= _in_a_child(lambda: _learn(new, self._every_file))
            passages.keep(learned)
        self._learned = learned
        for file in self._files:
            importlib.import_module(file.removesuffix(".py").replace("/", "."))
        self._functions = _functions(self._files)
        gc.freeze()
        self._work(self)
        return True

    def fates(self, mutants: Sequence[Mutant], source: bytes) -> list[Fate]:
        """What becomes of each mutant of one file; whoever takes too long is killed."""
        together = self._tried(mutants, source)
        if together is not None:
            return together
        apart = [self._tried([one], source) for one in mutants]
        return [Fate.KILLED if one is None else one[0] for one in apart]

    def _tried(self, mutants: Sequence[Mutant], source: bytes) -> list[Fate] | None:
        """None where the tests do not pass any more after it, with nothing changed."""
        fates: list[Fate] = []
        while len(fates) < len(mutants):
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                _be_quiet()
                try:
                    self._try(mutants[len(fates) :], source, writing)
                finally:
                    os._exit(2)
            os.close(writing)
            with os.fdopen(reading) as told:
                fates += [Fate(line.strip()) for line in told]
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code == LEAKING:
                return None
            if code != 0 and len(fates) < len(mutants):
                fates.append(Fate.KILLED)
        return fates

    def _try(self, mutants: Sequence[Mutant], source: bytes, told: int) -> None:
        """In a child: one after the other, telling what becomes of each."""
        original = compile(source, mutants[0].file, "exec", dont_inherit=True)
        used: dict[str, pytest.Item] = {}
        kills: Counter[str] = Counter()
        for mutant in mutants:
            items = self._items_of(mutant, kills)
            fate = Fate.UNCOVERED
            if items:
                used |= {one.nodeid: one for one in items}
                code = compile(mutant.applied(source), mutant.file, "exec", dont_inherit=True)
                killer = self._killer(items, mutant.file, list(_changed(original, code)))
                fate = Fate.KILLED if killer else Fate.SURVIVED
                kills[killer] += 1
            os.write(told, f"{fate}\n".encode())
        sound = all(_failed(pair) is None for pair in _each(list(used.values())))
        os._exit(0 if sound else LEAKING)

    def _items_of(self, mutant: Mutant, kills: Mapping[str, int]) -> list[pytest.Item]:
        """The tests that pass through its lines; those that noticed most come first, then the
        quick ones."""
        lines = set(range(mutant.first, mutant.last + 1))
        items = [
            one
            for one in self._items
            if one.nodeid.startswith(tests_of(mutant.file))
            and not lines.isdisjoint(self._learned[one.nodeid].lines.get(mutant.file, ()))
        ]
        return sorted(
            items, key=lambda one: (-kills[one.nodeid], self._learned[one.nodeid].seconds)
        )

    def _killer(
        self, items: list[pytest.Item], file: str, codes: list[tuple[CodeType, CodeType]]
    ) -> str:
        """The test that notices; nothing where none does."""
        held = [
            (function, function.__code__, new)
            for old, new in codes
            for function in self._functions.get(_place(file, old), ())
        ]
        usual = sum(self._learned[one.nodeid].seconds for one in items)
        signal.setitimer(signal.ITIMER_VIRTUAL, max(CPU_S, SLOWER * usual))
        try:
            for function, _, new in held:
                function.__code__ = new
            return next((pair[0].nodeid for pair in _each(items) if _failed(pair)), "")
        finally:
            _tear_down(items[0])
            for function, old, _ in held:
                function.__code__ = old
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _learn(items: list[pytest.Item], files: Sequence[str]) -> dict[str, Passage]:
    coverage = Coverage(data_file=None, include=list(files), config_file=False)
    seconds = {}
    with coverage.collect():
        for item, next_item in _each(items):
            coverage.switch_context(item.nodeid)
            began = time.process_time()
            failed = _failed((item, next_item))
            if failed is not None:
                raise AssertionError(f"{item.nodeid} fails unchanged: {failed}")
            seconds[item.nodeid] = time.process_time() - began
    data = coverage.get_data()
    learned = {name: Passage(took) for name, took in seconds.items()}
    for file in data.measured_files():
        for line, names in data.contexts_by_lineno(file).items():
            for name in set(names) - {""}:
                learned[name].lines.setdefault(os.path.relpath(file), set()).add(line)
    return learned


def _hasten(item: pytest.Item) -> None:
    """Fewer examples of a property, also where it asks for more itself."""
    from hypothesis import settings

    function = getattr(item, "obj", None)
    own = getattr(function, "_hypothesis_internal_use_settings", None)
    if own is not None and own.max_examples > EXAMPLES:
        function._hypothesis_internal_use_settings = settings(own, max_examples=EXAMPLES)


Pair = tuple[pytest.Item, pytest.Item | None]


def _each(items: list[pytest.Item]) -> Iterator[Pair]:
    return zip(items, [*items[1:], None], strict=True)


def _failed(pair: Pair) -> Any | None:
    for report in runtestprotocol(pair[0], log=False, nextitem=pair[1]):
        if report.failed:
            return report.longrepr or "without a word"
    return None


def _tear_down(item: pytest.Item) -> None:
    """What is set up for several tests goes with the one that failed."""
    with suppress(Exception):
        item.session._setupstate.teardown_exact(None)


def _in_a_child(work: Callable[[], Any]) -> Any:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = work()
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(answer, pipe)
            os._exit(0)
        except BaseException as error:
            os.write(2, f"{error}\n".encode())
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise pytest.UsageError("the tests do not pass without any change, so they prove nothing")
    return pickle.loads(told)


def _be_quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


Place = tuple[str, str, int, bytes]


def _place(file: str, code: CodeType) -> Place:
    return file, code.co_qualname, code.co_firstlineno, code.co_code


def _functions(files: tuple[str, ...]) -> dict[Place, list[FunctionType]]:
    """Every function that there is of those files, properties and cached ones too."""
    found: dict[Place, list[FunctionType]] = defaultdict(list)
    absolute = {os.path.abspath(file): file for file in files}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename in absolute:
            found[_place(absolute[one.__code__.co_filename], one.__code__)].append(one)
    return found


def _changed(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The codes that differ, of functions and of those inside them."""
    inside = [[one for one in code.co_consts if isinstance(one, CodeType)] for code in (old, new)]
    for before, after in zip(*inside, strict=False):
        if before != after:
            yield before, after
            yield from _changed(before, after)
