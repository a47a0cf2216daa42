"""The house keeps its order: rules of the architecture that no import contract can check.

Rooms are found by looking into the folders, so that a new one is held to the same rules unasked.
"""

import ast
import importlib
import re
import statistics
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from events.event import Event, catalogue
from runtime import rooms
from runtime.decider import Command, Rejection

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[1]
HOUSE = ("events", "services", "projections", "runtime")
SOURCES = sorted(path for part in HOUSE for path in (ROOT / part).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def rooms_of(part: str) -> list[Path]:
    return sorted(path.parent for path in (ROOT / part).glob("*/__init__.py"))


SERVICES, PROJECTIONS = rooms_of("services"), rooms_of("projections")
SKELETON = {"__init__.py", "__pycache__", "commands.py", "model", "model.py", "files", "api.py"} | {
    "policies",
    "policies.py",
    "timers.py",
}
"""What may stand in a service's room."""


def files_of(room: Path, concept: str) -> list[Path]:
    """One file, or a folder where the concept is a big one."""
    single = room / f"{concept}.py"
    return [single] if single.exists() else sorted((room / concept).rglob("*.py"))


def words_of(name: str) -> list[str]:
    return re.findall(r"[A-Z][a-z0-9]*", name)


# --- rooms -----------------------------------------------------------------------------------


def test_every_room_has_the_same_files() -> None:
    for room in SERVICES:
        for file in ("commands.py", "api.py"):
            assert (room / file).is_file(), f"{name_of(room)} has no {file}"
        for concept in ("model", "policies"):
            assert files_of(room, concept), f"{name_of(room)} has neither {concept}.py nor a folder"
        strangers = {one.name for one in room.iterdir()} - SKELETON
        assert not strangers, f"{name_of(room)} has {strangers}: is it model, policies or files?"
        assert (ROOT / "events" / f"{room.name}.py").is_file(), f"no events/{room.name}.py"
    for room in PROJECTIONS:
        for file in ("view.py", "table.sql", "api.py"):
            assert (room / file).is_file(), f"{name_of(room)} has no {file}"


def test_every_room_says_what_it_is_for_and_nothing_else_in_its_first_file() -> None:
    for room in SERVICES + PROJECTIONS:
        body = tree_of(room / "__init__.py").body
        assert len(body) == 1 and ast.get_docstring(ast.Module(body, [])), name_of(room)


def test_every_service_lists_its_streams_where_it_says_what_it_is_for() -> None:
    for name, service in rooms.services().items():
        said = importlib.import_module(f"services.{name}").__doc__ or ""
        for decider in service.deciders:
            assert f"`{decider.kind}`" in said, f"services/{name} tells nothing of {decider.kind}"


def test_every_room_is_found_under_the_name_of_its_folder() -> None:
    assert list(rooms.services()) == [room.name for room in SERVICES]
    assert list(rooms.projections()) == [room.name for room in PROJECTIONS]
    assert [room.name for room in rooms.services().values()] == list(rooms.services())
    assert [room.name for room in rooms.projections().values()] == list(rooms.projections())


def test_no_file_of_the_runtime_knows_a_room_by_name() -> None:
    """The approval log's team facts are the one thing that every room hears."""
    known = {room.name for room in SERVICES + PROJECTIONS} - {"approval"}
    for path in (ROOT / "runtime").rglob("*.py"):
        if path.parent == ROOT / "runtime" / "cli" / "demo":
            continue  # It plays one film, through the rooms of that film.
        texts = {
            node.value
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not texts & known, f"{name_of(path)} names {texts & known}"


# --- purity ----------------------------------------------------------------------------------

PURE = sorted(
    {
        *(ROOT / "events").rglob("*.py"),
        *(room / "commands.py" for room in SERVICES),
        *(
            path
            for room in SERVICES
            for concept in ("model", "policies", "timers")
            for path in files_of(room, concept)
        ),
        *(room / "view.py" for room in PROJECTIONS),
        ROOT / "runtime" / "decider.py",
        ROOT / "runtime" / "view.py",
    }
)
IMPURE_MODULES = frozenset(
    "asyncio asyncpg aiokafka fastapi faststream httpx io logging multiprocessing os pathlib "
    "psycopg random secrets shutil socket structlog subprocess sys tempfile threading time uuid "
    "urllib".split()
)
CLOCKS = frozenset("now utcnow today time time_ns monotonic perf_counter gmtime localtime".split())
DOERS = frozenset("open print input exec eval compile __import__".split())


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_file_has_no_clock_no_chance_no_input_and_no_output(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        where = f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global), where
        if isinstance(node, ast.Import):
            assert not {one.name.partition(".")[0] for one in node.names} & IMPURE_MODULES, where
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in IMPURE_MODULES, where
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CLOCKS, f"{where} asks for {node.func.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in DOERS, f"{where} calls {node.func.id}"


# --- words -----------------------------------------------------------------------------------

PAST = tuple(
    "ed en Set Paid Sent Held Made Built Met Lost Cut Laid Forecast Withdrawn FellDue FellBehind".split()
)
"""How a past participle may end; a new irregular verb is added here."""

EVENTS = sorted(set(catalogue().values()), key=lambda event: event.__name__)
COMMANDS = [
    (name, command) for name, service in rooms.services().items() for command in service.commands
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_is_a_fact_in_the_past_tense_with_a_sentence_of_its_own(
    event: type[Event],
) -> None:
    name = re.sub(r"V\d+$", "", event.__name__)
    assert name.endswith(PAST), "not in the past tense"
    assert len(words_of(name)) >= 2, "no subject before the verb"
    assert not name.endswith("Event")
    assert "Updated" not in name and "Changed" not in name, "say what was done"
    said = event.__dict__.get("__doc__") or ""
    assert re.match(r"[A-Z]", said) and said.rstrip().endswith("."), "no sentence that says it"
    assert len(said.partition("\n\n")[0].splitlines()) <= 3, "too long to read aloud"


IRREGULAR = {
    "Forecast": "Forecast",
    "Give": "Given",
    "Hold": "Held",
    "Lay": "Laid",
    "Make": "Made",
    "Meet": "Met",
    "Pay": "Paid",
    "Send": "Sent",
    "Set": "Set",
    "Withdraw": "Withdrawn",
}

OTHERWISE_NAMED = {
    "ImportBudget": "a file of lines becomes LinesImported, page by page",
    "ChooseBoard": "its days get their dates: ShootDaysPlanned",
    "MoveShootDay": "the days after it follow: ShootDaysMoved",
    "RecordCosts": "each of its entries becomes the fact of its own command",
    "GiveView": "who is consulted says what he thinks: ConsultationGiven",
    "FallDue": "it is the approval that fell due: ApprovalFellDue",
    "RecordConflict": "what conflicts is said in the fact: EngagementConflicted",
}
"""Commands that no event rhymes with, each with its reason."""

FOLLOWS_WITHOUT_RHYME = {
    "ApprovalFellDue": "FallDue",
    "ApprovalGiven": "GrantApproval, as long as more people are needed",
    "ConsultationGiven": "GiveView",
    "LinesImported": "ImportBudget",
    "ContractAmended": "ExecuteContract, of a deal that is executed already",
    "ContractExpired": "LapseOption, of the last option of a deal about options",
    "EngagementConflicted": "RecordConflict",
    "ShootDaysPlanned": "ChooseBoard, and edits of the chosen board",
    "ShootDaysMoved": "MoveShootDay",
    "ShootDayFellBehind": "WrapShootDay, when the slip grows over the threshold",
}
"""Events that no command rhymes with, each with the command they follow from."""


def participles(verb: str) -> set[str]:
    regular = {f"{verb}ed", f"{verb}d", f"{verb}{verb[-1]}ed", f"{verb[:-1]}ied"}
    return {IRREGULAR[verb]} if verb in IRREGULAR else regular


def rhymes(command: type[Command]) -> set[str]:
    verb, *noun = words_of(command.__name__)
    return {"".join(noun) + participle for participle in participles(verb)}


@pytest.mark.parametrize(
    ("room", "command"), COMMANDS, ids=lambda one: getattr(one, "__name__", one)
)
def test_a_command_rhymes_with_its_event_and_says_what_it_does(
    room: str, command: type[Command]
) -> None:
    assert command.__dict__.get("__doc__"), "no sentence that says what it does"
    facts = {event.__name__ for event in EVENTS if event.__module__ == f"events.{room}"}
    if command.__name__ not in OTHERWISE_NAMED:
        assert rhymes(command) & facts, f"none of {sorted(facts)} rhymes with it"
    else:
        assert not rhymes(command) & facts, "it needs no exception any more"


def test_every_event_of_a_room_follows_from_one_of_its_commands() -> None:
    for name in rooms.services():
        told = {rhyme for room, command in COMMANDS if room == name for rhyme in rhymes(command)}
        for event in EVENTS:
            fact = re.sub(r"V\d+$", "", event.__name__)
            if event.__module__ == f"events.{name}":
                assert (fact in told) != (fact in FOLLOWS_WITHOUT_RHYME), fact


def rejections() -> list[type[Rejection]]:
    for path in SOURCES:
        if "Rejection" in path.read_text(encoding="utf-8"):
            importlib.import_module(name_of(path).removesuffix(".py").replace("/", "."))
    found: list[type[Rejection]] = []
    waiting = [Rejection]
    while waiting:
        children = waiting.pop().__subclasses__()
        waiting += children
        found += [one for one in children if one.__module__.partition(".")[0] in HOUSE]
    return sorted(found, key=lambda one: one.__name__)


@pytest.mark.parametrize("rejection", rejections(), ids=lambda one: one.__name__)
def test_a_rejection_is_a_sentence_of_the_trade(rejection: type[Rejection]) -> None:
    assert not rejection.__name__.endswith(("Error", "Exception", "Rejection"))
    assert len(words_of(rejection.__name__)) >= 2, "one word is no sentence"
    assert rejection.__dict__.get("__doc__"), "no docstring that says why"
    assert 400 <= rejection.STATUS < 500


def test_every_rejection_has_a_code_of_its_own() -> None:
    names = [rejection.__name__ for rejection in rejections()]
    assert len(names) == len(set(names)) > 30


# --- decisions that nobody forgets -----------------------------------------------------------


def classes_in(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchClass):
            yield ast.unparse(node.cls).rpartition(".")[2]


def test_a_match_over_commands_or_events_in_a_model_leaves_none_out() -> None:
    """mypy proves it where the match ends in `assert_never`."""
    told = {one.__name__ for _, one in COMMANDS} | {event.__name__ for event in EVENTS}
    seen = 0
    for path in chain.from_iterable(files_of(room, "model") for room in SERVICES):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Match):
                continue
            if not {name for case in node.cases for name in classes_in(case.pattern)} & told:
                continue
            seen += 1
            last = node.cases[-1].body[-1]
            assert (
                isinstance(last, ast.Expr)
                and isinstance(last.value, ast.Call)
                and ast.unparse(last.value.func).endswith("assert_never")
            ), f"{name_of(path)}:{node.lineno} does not end in assert_never"
    assert seen >= 2 * len(SERVICES)


# --- sizes -----------------------------------------------------------------------------------

FILE_LINES_MAX = 200
FUNCTION_LINES_MAX = 60

LONG_FILES = {
    "events/approval.py": "a vocabulary is read from top to bottom in one place",
    "events/budget.py": "a vocabulary is read from top to bottom in one place",
    "events/envelope.py": "what a fact carries, its hash, and its two forms on the way",
    "services/approval/commands.py": "one class a command, and nothing else",
    "events/contract.py": "a vocabulary is read from top to bottom in one place",
    "events/schedule.py": "a vocabulary is read from top to bottom in one place",
    "services/budget/commands.py": "one class a command, and nothing else",
    "services/contract/commands.py": "one class a command, and nothing else",
    "services/schedule/commands.py": "one class a command, and nothing else",
    "services/budget/files/cells.py": "what people write into cells, kind by kind",
    "services/budget/model/edits.py": "six edits of one plan that share their checks",
    "runtime/audit/package/verifier.py": "it is handed out alone, and is read alone",
    "runtime/kafka/bus.py": "everything that FastStream and aiokafka are told, in one place",
    "runtime/kafka/relay.py": "sending and reading back are two halves of one promise",
    "runtime/log/contract.py": "the promises of every store, and its limits, in one place",
    "runtime/log/committer.py": "gathering, sending and sending again share the queue",
    "runtime/backup/taking.py": "a backup from its first dump to its name, step by step",
    "runtime/process.py": "what one process starts and stops, in that order",
    "runtime/web/problems.py": "every error of the API, and its one table of statuses and codes",
    "runtime/reading/query.py": "who asks, from which rows, how fresh, and after what: one reader",
    "runtime/reading/consumer.py": "place, holes, tail and divergence are one state machine",
}
"""Files over the limit, each with its reason."""

LONG_FUNCTIONS = {
    "projections/budget_status/api.py:routes": "its endpoints close over the reader they are given",
}
"""Functions over the limit, each with its reason."""


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_a_long_file_has_a_reason() -> None:
    long = {name_of(path) for path in SOURCES if lines_of(path) > FILE_LINES_MAX}
    assert long <= set(LONG_FILES), sorted(long - set(LONG_FILES))


def test_a_reason_belongs_to_a_file_that_is_still_long() -> None:
    slack = 20
    for name in LONG_FILES:
        assert lines_of(ROOT / name) > FILE_LINES_MAX - slack, f"{name} needs no reason any more"


def test_the_median_file_is_short() -> None:
    assert statistics.median(map(lines_of, SOURCES)) < 150


def test_a_long_function_has_a_reason() -> None:
    long = {
        f"{name_of(path)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    }
    assert long == set(LONG_FUNCTIONS), sorted(long ^ set(LONG_FUNCTIONS))


def test_every_source_file_says_what_it_is() -> None:
    for path in SOURCES:
        assert ast.get_docstring(tree_of(path)), name_of(path)


# --- what is committed -----------------------------------------------------------------------


def committed() -> list[Path]:
    """The text files of the repository; every file where this is no clone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        parts = (*HOUSE, "bench", "docs", "samples", "scripts", "tests")
        found = [path for part in parts for path in (ROOT / part).rglob("*")]
        found += list(ROOT.iterdir())
    return [path for path in found if path.is_file() and path.suffix not in (".pyc", ".png")]


FOREIGN = {
    "a package registry": re.compile(
        r"(?<![\w.-])(?:pypi\.org|(?:files\.)?pythonhosted\.org|registry\.npmjs\.org|"
        r"repo1?\.maven(?:\.apache)?\.org|maven\.google\.com|proxy\.golang\.org|index\.crates\.io)"
    ),
    "a machine's own path": re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/[\w.-]+"),
    "an index address": re.compile(r"--(?:extra-)?index-url|^\s*index-url", re.MULTILINE),
}


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = []
    for path in committed():
        text = path.read_text(encoding="utf-8", errors="replace")
        if path == Path(__file__):
            continue
        for what, pattern in FOREIGN.items():
            found += [f"{name_of(path)}: {what}: {hit.group()}" for hit in pattern.finditer(text)]
    assert not found, found[:20]


def test_every_dependency_says_what_it_is_for_and_what_its_licence_is() -> None:
    listed = re.findall(
        r'^  "([^"]+)",(.*)$', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE
    )
    dependencies = [(name, rest) for name, rest in listed if re.search(r"[<>=]=", name)]
    assert len(dependencies) > 25
    for name, rest in dependencies:
        comment = rest.partition("#")[2].strip()
        reason, _, licence = comment.rpartition("; ")
        assert reason, f"{name} does not say what it is for"
        assert re.match(r"permissive|weak copyleft|MPL|LGPL|GPL", licence), f"{name}: {licence!r}"


LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def documents() -> list[Path]:
    return [path for path in committed() if path.suffix == ".md"]


def headings(path: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found}


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists() and target.is_relative_to(ROOT), f"{name_of(path)}: {link}"
        if anchor and target.suffix == ".md":
            assert anchor in headings(target), f"{name_of(path)}: {link}"


def test_a_word_stands_once_in_the_glossary() -> None:
    _, _, words = (ROOT / "docs" / "glossary.md").read_text().partition("| term |")
    terms = [line.split("|")[1].strip() for line in words.splitlines() if line.startswith("| ")]
    twice = {term for term in terms if terms.count(term) > 1} - {"term"}
    assert len(terms) > 100 and not twice


def test_operations_names_every_point_at_which_a_process_can_be_killed() -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    points = {
        name
        for path in (ROOT / "runtime").rglob("*.py")
        for name in re.findall(r'\bpoint\("([a-z-]+)"\)', path.read_text())
    }
    assert len(points) > 15 and not [name for name in points if f"`{name}`" not in told]


def test_the_readme_leads_to_the_glossary_and_to_the_decisions() -> None:
    links = {
        link.partition("#")[0].rstrip("/")
        for link in LINK.findall((ROOT / "README.md").read_text())
    }
    assert {"docs/glossary.md", "docs/decisions"} <= links


def test_a_decision_says_when_to_think_again() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for path in decisions:
        assert "## revisit" in path.read_text().lower(), f"{path.name} has no revisit trigger"


# --- the tests themselves --------------------------------------------------------------------


def sentences_in(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            yield node


def test_every_test_has_a_sentence_for_its_name() -> None:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for one in sentences_in(path):
            assert one.name.count("_") >= 3, f"{name_of(path)}: {one.name} is no sentence"
