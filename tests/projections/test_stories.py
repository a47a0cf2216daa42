"""What each read model makes of the film is what is written down of it in `stories`.

A step that differs is a rule that now says something else. Where that is meant, write the stories
anew (`python -m tests.projections.story`) and read the difference.
"""

from itertools import zip_longest

import pytest

from runtime import rooms
from runtime.rooms import Projection
from tests.projections.story import TOLD, path_of, story

pytestmark = pytest.mark.unit

PROJECTIONS = [pytest.param(one, id=name) for name, one in rooms.projections().items()]


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_a_film_is_kept_told_and_explained_as_it_is_written_down(projection: Projection) -> None:
    written = path_of(projection).read_text(encoding="utf-8").split("\n\n")
    for step, before in zip_longest(story(projection), written):
        assert step is not None and step.rstrip("\n") == before.rstrip("\n")


def test_every_read_model_has_its_story() -> None:
    assert set(TOLD) == set(rooms.projections())
