"""What is sealed comes back as it was, or not at all; which code folds is told from its sources."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.snapshots import fingerprint
from runtime.snapshots.sealed_state import ForgedState, StateSeal

pytestmark = pytest.mark.unit

SEAL = StateSeal(bytes(32), "streams")
NAMES = st.lists(st.text(max_size=8) | st.binary(max_size=8), max_size=4)


@given(name=NAMES, state=st.binary(max_size=200))
def test_what_was_sealed_is_opened_under_its_name(name: list[str | bytes], state: bytes):
    assert SEAL.open(name, SEAL.seal(name, state)) == state


@given(state=st.binary(max_size=40), data=st.data())
def test_any_changed_byte_is_told(state: bytes, data: st.DataObject):
    sealed = bytearray(SEAL.seal(["costs-1"], state))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ForgedState):
        SEAL.open(["costs-1"], bytes(sealed))


@pytest.mark.parametrize("name", [["costs-2"], ["costs-", "1"], ["costs-1", ""], []])
def test_the_state_of_another_thing_is_told(name: list[str]):
    with pytest.raises(ForgedState):
        SEAL.open(name, SEAL.seal(["costs-1"], b"state"))


def test_another_installation_or_purpose_seals_otherwise():
    sealed = SEAL.seal(["costs-1"], b"state")
    for other in (StateSeal(b"\x01" * 32, "streams"), StateSeal(bytes(32), "views")):
        with pytest.raises(ForgedState):
            other.open(["costs-1"], sealed)


@pytest.mark.parametrize("cut", [0, 1, 31, 32])
def test_what_was_cut_off_is_told(cut: int):
    with pytest.raises(ForgedState):
        SEAL.open(["costs-1"], SEAL.seal(["costs-1"], b"state")[:cut])


HOUSE = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources that a fold of the budget room is made of."""
    for folder in ("events", "services/budget", "services/schedule", "runtime"):
        shutil.copytree(HOUSE / folder, tmp_path / folder)

    class Events:
        __path__ = (str(tmp_path / "events"),)

    monkeypatch.setattr(fingerprint, "import_module", lambda name: Events)
    return tmp_path


def told() -> str:
    fingerprint.fold_version.cache_clear()
    return fingerprint.fold_version("services.budget")


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    fingerprint.fold_version.cache_clear()


@pytest.mark.parametrize(
    "source", ["services/budget/model/ledger.py", "events/money.py", "runtime/versions.py"]
)
def test_a_changed_fold_is_another_one(house: Path, source: str):
    before = told()
    with (house / source).open("a") as file:
        file.write("# another\n")
    assert told() != before


def test_a_source_that_was_moved_is_another_fold(house: Path):
    before = told()
    (house / "events/money.py").rename(house / "events/moneys.py")
    assert told() != before


def test_another_rooms_fold_changes_nothing(house: Path):
    before = told()
    (house / "services/schedule/model/state.py").unlink()
    assert told() == before
