"""Registers the running instance once for the session, whichever folder asks for it first."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.http.instance")
