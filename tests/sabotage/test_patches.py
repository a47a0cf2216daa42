"""The patches of `make sabotage` fit the tree as it is; that they are caught takes minutes."""

from pathlib import Path

import pytest

from tests.sabotage.patches import PATCHES, Patch

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_a_patch_finds_each_of_its_texts_once(patch: Patch) -> None:
    for edit in patch.edits:
        assert (ROOT / edit.file).read_text().count(edit.old) == 1, edit.old


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_the_tests_of_a_patch_are_there(patch: Patch) -> None:
    for test in patch.tests:
        file, _, name = test.partition("[")[0].partition("::")
        assert f"def {name}(" in (ROOT / file).read_text()
