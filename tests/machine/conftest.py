"""Installations that start and stop while others' tests run: they are given time."""

import pytest

from tests.http import film


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A house that has just started hears of a production later than one that runs."""
    monkeypatch.setattr(film, "PATIENCE_SECONDS", 120.0)
