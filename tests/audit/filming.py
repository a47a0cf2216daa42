"""The sample film, played once to its end over HTTP, and packages of it."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

from runtime.audit.package.archive import put
from runtime.audit.package.export import Asked, Package, packed
from runtime.cli.demo import _story
from tests.http.film import ABOUT, Film
from tests.http.instance import Instance


def play(instance: Instance) -> Film:
    """The film, told to its end. Its deals are done by people with sealed names."""
    _story(instance.settings, instance.url, lambda said: None)
    return Film(instance.as_, instance.issuer.person, ABOUT["production"])


def package(instance: Instance, production: str, **asked: Any) -> Package:
    """A package of it, made of the databases as the command does."""
    return asyncio.run(packed(instance.settings, Asked(production, **asked), lambda said: None))


def exported(instance: Instance, production: str, folder: Path, **asked: Any) -> Path:
    """The archive, written into that folder."""
    path = folder / f"{uuid.uuid4()}.zip"
    put(package(instance, production, **asked).archive, path, replace=False)
    return path
