"""What stands in a package: the page, the tables, the schemas, names and what is left out."""

import asyncio
import csv
import io
import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import jsonschema_rs
import pytest

from events.approval import Kind, ProductionOpened, Role
from events.budget import CategoriesAdded, Category
from events.envelope import BrokenChain
from events.event import Event
from runtime import rooms
from runtime.audit.anchors import Anchors, Source
from runtime.audit.package import refolding, verifier
from runtime.audit.package.archive import BadPackage, put
from runtime.audit.package.history import left_out_for
from runtime.audit.package.page import environment
from runtime.audit.package.tables import csv_of, harmless, read
from tests.audit.packing import KEY, STRANGER, Made, checked, plainly, unpacked
from tests.projections.histories import FACTS

pytestmark = pytest.mark.unit

HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(1)>{{ 7*7 }}&"\''


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attributes


@pytest.fixture(scope="module")
def made() -> Made:
    return Made.with_names()


@pytest.fixture(scope="module")
def page(made: Made) -> str:
    return made.package().files["index.html"].decode()


def test_the_page_needs_nothing_from_anywhere_and_runs_nothing(page: str) -> None:
    found = Tags(page)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(found.tags)
    assert all(not name.startswith("on") for name, _ in found.attributes)
    assert [value for name, value in found.attributes if name == "href"]
    assert all(str(value).startswith("#") for name, value in found.attributes if name == "href")
    assert not re.search(r"url\(|@import|https?:", page)


def test_what_people_wrote_is_escaped() -> None:
    hostile: list[Event] = [
        ProductionOpened(title=HOSTILE, kind=Kind.FEATURE, currency="USD", time_zone="UTC")
    ]
    budget: list[Event] = [
        CategoriesAdded(categories=(Category(category="14", name=HOSTILE, level="atl"),)),
        *FACTS["budget"],
    ]
    page = Made({"approval": hostile, "budget": budget}).package().files["index.html"].decode()
    assert "script" not in Tags(page).tags and "img" not in Tags(page).tags
    assert "&lt;script&gt;" in page and "49" not in page.partition("</h1>")[0].partition("<h1>")[2]
    assert environment().autoescape is True


def test_the_page_says_what_an_accountant_asks_first(page: str, made: Made) -> None:
    for words in (
        "The Last Lighthouse",
        "Approved budget",
        "Cost to date",
        "Estimated final cost (EFC)",
        "Under/(over)",
        "python3 verify.py",
        "Rosalind &lt;Example&gt;",
        "Silas Marr, the keeper",
        "86,000.00",
        "too dear",
        verifier.key_id(KEY.public_key().public_bytes_raw()),
    ):
        assert words in page, words
    for events in made.events.values():
        for recorded in events:
            assert recorded.hash.hex()[:12] in page


def test_somebody_who_was_erased_is_erased_everywhere() -> None:
    made = Made.with_names()
    before = made.package().files
    assert b"Rosalind" in before["index.html"]
    asyncio.run(made.vault.destroy("rosalind"))
    after = made.package().files
    for name, body in after.items():
        assert b"Rosalind" not in body, name
    assert b"[erased] rosalind" in after["index.html"] and b"Tobias" in after["index.html"]
    appointed = read(after["read-models/inbox/appointment.csv"])
    named = {line[0]: line[2] for line in appointed[1:]}
    assert named["rosalind"] == "[erased]" and named["tobias"] == "Tobias <Example>"
    same = {name for name in before if name.startswith("events/")}
    assert all(before[name] == after[name] for name in same)


def test_no_opened_text_stands_among_the_events(made: Made) -> None:
    for name, body in made.package().files.items():
        if name.startswith("events/"):
            assert b"<Example>" not in body, name


def test_every_payload_fits_the_schema_that_goes_with_it(made: Made) -> None:
    files = made.package().files
    used = set()
    for name, body in files.items():
        if not name.startswith("events/"):
            continue
        for line in body.splitlines():
            event = json.loads(line)
            schema = f"schemas/{event['type']}.v{event['schema_version']}.json"
            used.add(schema)
            jsonschema_rs.validate(json.loads(files[schema]), json.loads(event["payload"]))
    assert used == {name for name in files if name.startswith("schemas/")}


def test_every_table_of_every_read_model_is_there_with_its_header(made: Made) -> None:
    files = made.package().files
    there = {name for name in files if name.startswith("read-models/")}
    assert there == {
        f"read-models/{name}/{table.TABLE}.csv"
        for name, projection in rooms.projections().items()
        for table in projection.view.tables
    }
    assert all(len(read(files[name])[0]) > 1 for name in there)


def test_amounts_are_as_written_and_no_text_acts_on_a_sheet() -> None:
    lines = [["=1+1", "-12.50", "@x", "", "-x"], ["a\r\nb", '"', "1e3", "+4", "'"]]
    written = read(csv_of(list("abcde"), lines))
    assert written[1] == ["'=1+1", "-12.50", "'@x", "", "'-x"]
    assert written[2] == ["a\r\nb", '"', "1e3", "'+4", "'"]
    assert harmless(f"{Decimal('-0.10'):f}") == "-0.10" and harmless(str(date.min)) == "0001-01-01"
    assert list(csv.reader(io.StringIO(csv_of(["a"], []).decode()))) == [["a"]]


def test_the_same_history_gives_the_same_bytes(made: Made) -> None:
    assert made.package().archive == made.package().archive


# --- whom it is for -------------------------------------------------------------------------------


def test_for_a_role_that_is_not_told_fees_their_log_and_its_tables_are_left_out(
    made: Made, tmp_path: Path
) -> None:
    left_out = left_out_for(Role.DIRECTOR)
    assert left_out and not left_out_for(Role.AUDITOR)
    package = made.package(role=Role.DIRECTOR, left_out=left_out)
    (log,) = left_out
    assert not any(f"events/{log}." in name for name in package.files)
    models = {name.split("/")[1] for name in package.files if name.startswith("read-models/")}
    assert models == {
        name for name, projection in rooms.projections().items() if log not in projection.view.logs
    }
    page = package.files["index.html"].decode().partition("</nav>")[2]
    assert "Silas Marr, the keeper" in page and "Fees are left out" in page
    for heading in ("Deals", "Obligations on", "Dates"):
        section = page.partition(f">{heading}")[2].partition("<section>")[0]
        assert "Silas Marr" in section and "000.00" not in section, heading
    report = checked(package.files, tmp_path / "folder")
    assert report.holds
    assert any(f"anything of the {log} log" in one for one in report.unproven)
    refolding.check(str(tmp_path / "folder"), report)
    assert report.holds


# --- what only Reel can check ---------------------------------------------------------------------


def test_the_read_models_are_what_the_events_make(made: Made, tmp_path: Path) -> None:
    report = checked(made.package().files, tmp_path / "folder")
    refolding.check(str(tmp_path / "folder"), report)
    assert report.holds and refolding.FOLLOWS in report.proven
    assert verifier.NOT_FOLDED not in report.unproven


def test_a_table_that_the_events_do_not_make_is_refused_by_line_and_column(
    made: Made, tmp_path: Path
) -> None:
    files = dict(made.package().files)
    name = "read-models/budget_status/account.csv"
    files[name] = files[name].replace(b"1401,", b"1402,", 1)
    report = checked(files, tmp_path / "folder")
    before = len(report.faults)
    refolding.check(str(tmp_path / "folder"), report)
    where, what = report.faults[before]
    assert where == f"{name}, line 2" and what.startswith("account is '1402'")


# --- anchors --------------------------------------------------------------------------------------


def test_a_package_proves_itself_below_heads_that_an_outsider_kept(
    made: Made, tmp_path: Path
) -> None:
    kept = made.anchor(approval=3, budget=4, contract=2, schedule=1)
    folder = unpacked(made.package(anchored=[kept]).archive, tmp_path / "folder")
    said = verifier.checked(str(folder), anchors=f"from the telephone: {kept.line}\n")
    assert said.holds and any("your anchor of" in one for one in said.proven)
    (tmp_path / "kept.txt").write_text(kept.line)
    printed = plainly(folder, "--anchors", str(tmp_path / "kept.txt"))
    assert printed.returncode == 0 and "nothing recorded before it has changed" in printed.stdout


def test_an_anchor_beyond_the_moment_says_nothing_of_it(made: Made) -> None:
    later = made.anchor(approval=9, budget=9, contract=9, schedule=2)
    package = made.package(until={"approval": 5, "budget": 9}, anchored=[later])
    assert [one["of"] for one in json.loads(package.files[verifier.CHAIN])["heads"]] == ["export"]


def test_a_history_written_anew_contradicts_the_heads_that_an_outsider_kept(
    made: Made, tmp_path: Path
) -> None:
    """The producer has the key, and signs whatever he likes; but he cannot change what I kept."""
    positions = {log: len(events) for log, events in made.events.items()}
    kept = made.anchor(**positions)
    anew = Made({**FACTS, "budget": [FACTS["budget"][1], FACTS["budget"][0], *FACTS["budget"][2:]]})
    anew.events["approval"] = made.events["approval"]
    anew.vault = made.vault
    checked(anew.package().files, tmp_path / "folder")
    report = verifier.checked(str(tmp_path / "folder"), anchors=kept.line)
    assert not report.holds
    assert ("your anchors, line 1", report.faults[0][1]) == report.faults[0]
    assert "budget" in report.faults[0][1] and "written anew" in report.faults[0][1]


def test_anchors_that_are_none_or_a_strangers_are_refused(made: Made, tmp_path: Path) -> None:
    checked(made.package().files, tmp_path / "folder")
    for text in ("", "no line", made.anchor(STRANGER, approval=1).line):
        report = verifier.checked(str(tmp_path / "folder"), anchors=text)
        assert [where for where, _ in report.faults][0].startswith("your anchors")


def test_the_line_of_a_package_is_as_good_as_an_anchor(made: Made) -> None:
    """Whoever was handed a package can hold the log against it later; it is no fork of the line."""
    first = made.anchor(approval=1, budget=1, contract=1, schedule=1)
    package = made.package(until=dict.fromkeys(made.events, 2), anchored=[first])
    heads = json.loads(package.files[verifier.CHAIN])["heads"]
    own = Source("own", [first.line], whole=True)
    found = Anchors.of([own, Source("package", [one["line"] for one in heads])], [KEY.public_key()])
    assert found.findings == [] and len(found.statements) == 2


def test_nothing_is_handed_out_of_a_log_that_is_not_what_was_anchored(made: Made) -> None:
    anew = Made({**FACTS, "budget": FACTS["budget"][1:]})
    with pytest.raises(BrokenChain, match="budget log up to position 4 is not what was anchored"):
        anew.package(anchored=[made.anchor(budget=4)])


# --- writing it -----------------------------------------------------------------------------------


def test_a_stop_half_way_leaves_nothing_and_touches_nothing(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, path = made.package().archive, tmp_path / "film.zip"

    def stopped(place: str) -> None:
        raise KeyboardInterrupt

    path.write_bytes(b"mine")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(verifier, "checked", stopped)
        put(archive, path, replace=True)
    with pytest.raises(FileExistsError):
        put(archive, path, replace=False)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b"mine"
    with pytest.raises(BadPackage, match="does not verify"):
        put(archive.replace(b"Last Lighthouse", b"Best Lighthouse"), path, replace=True)
    put(archive, path, replace=True)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == archive
