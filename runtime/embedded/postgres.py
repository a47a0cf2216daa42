"""PostgreSQL as a child process: the programs are a wheel's, the launcher is ours."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
import psycopg

from runtime.embedded import shelter
from runtime.embedded.errors import DATABASE_CURE, EmbeddedError
from runtime.embedded.ports import kept_port
from runtime.embedded.process import Child, bare_environment, identity, wait_gone

_DEFAULTS = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_START_SECONDS = 60.0  # crash recovery of a large log takes its time
# Fast shutdown, then immediate shutdown, then the kernel's.
_STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


class EmbeddedPostgres:
    """One PostgreSQL server of ours on 127.0.0.1, durable, with its data below `home`.

    Port and password are made once and kept in `home`. As root the server runs as "nobody".
    `settings` are those of postgresql.conf. Not for two owners at once: see `servers.Servers`.
    """

    def __init__(self, home: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.home = home.absolute()
        self.home.mkdir(parents=True, exist_ok=True)
        self._settings = {**_DEFAULTS, **(settings or {})}
        self._user = shelter.server_user()
        self.data = shelter.data_folder(self.home, self._user)
        self._child = Child("postgres", self.home, str(self.data))

    @property
    def note(self) -> str | None:
        """Where the data is, if that is not below `home`; for the person who looks for it."""
        if self.data.is_relative_to(self.home):
            return None
        return (
            f"PostgreSQL runs as nobody, who cannot enter {self.home}: its data is in {self.data}"
        )

    @property
    def pid(self) -> int | None:
        """The process id of the server, or None while it does not run."""
        return self._child.pid

    def running(self) -> bool:
        """Whether the server's process is there."""
        return self._child.pid is not None

    def start(self) -> str:
        """Start the server, or adopt the one that a killed parent left, and answer its DSN.

        The database `reel` exists afterwards. Raises EmbeddedError with the log's tail.
        """
        programs = shelter.programs(self.home, self._user)
        password = self._password()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, password)
        if self._survivor_fits(programs):
            return self._prepare(password)
        self.stop()
        self._clear_remains()
        port = kept_port(self.home / "port")
        self._child.launch(self._command(programs, port), self._user)
        self._child.wait_ready(self._ready, _START_SECONDS, DATABASE_CURE)
        return self._prepare(password)

    def stop(self) -> None:
        """End the server in good order; at most 30 s, afterwards it is gone for certain."""
        self._child.end(_STOP)

    def kill(self) -> None:
        """Kill the server and its workers without warning, as a power cut would."""
        processes = [found for found in [self._child.process()] if found is not None]
        processes += [worker for found in processes for worker in found.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._child.end([(signal.SIGKILL, 5.0)])
        wait_gone(processes, 5.0)

    def wipe(self) -> None:
        """Delete all data, the port and the password, while the server does not run."""
        if self.running():
            raise EmbeddedError("PostgreSQL runs; its data stays.", "Stop it first.")
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)

    def _command(self, programs: Path, port: int) -> Sequence[str]:
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        settings |= {"port": str(port), **self._settings}
        options = (text for name in settings for text in ("-c", f"{name}={settings[name]}"))
        return [str(programs / "postgres"), "-D", str(self.data), *options]

    def _survivor_fits(self, programs: Path) -> bool:
        """Whether a server runs already, as we would start it, and answers."""
        try:
            port = int((self.home / "port").read_text())
        except (OSError, ValueError):
            return False
        return self._child.runs(self._command(programs, port)) and self._ready()

    def _ready(self) -> bool:
        """What pg_ctl looks at too: the server's own word in its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _clear_remains(self) -> None:
        """Let nothing of a killed server stand in the way.

        Its workers end by themselves within moments; and its pid file may name a process id that
        a stranger has now, whom PostgreSQL would take for a running server.
        """
        workers = [p for p in psutil.process_iter() if self._works_here(p)]
        if not wait_gone(workers, 2.0):
            for worker in workers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    worker.kill()
            wait_gone(workers, 5.0)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        """A worker of PostgreSQL stands in its data folder; a person's shell there is none."""
        try:
            return process.cwd() == str(self.data) and process.name().startswith("postgres")
        except psutil.Error:
            return False

    def _password(self) -> str:
        file = self.home / "password"
        if not file.exists():
            self._private(file, secrets.token_urlsafe(24))
        return file.read_text().strip()

    @staticmethod
    def _private(file: Path, text: str) -> None:
        """Write a file that only its owner may read, from its first moment on."""
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
            target.write(f"{text}\n")

    def _initialise(self, programs: Path, password: str) -> None:
        """Make the data folder under another name and rename it: it is whole or absent."""
        work = self.data.with_name("data.unfinished")
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        work.mkdir(mode=0o700)
        secret = work.with_name("password.once")
        self._private(secret, password)
        if self._user is not None:
            os.chown(work, self._user, self._user)
            os.chown(secret, self._user, self._user)
        made = subprocess.run(
            [
                *(str(programs / "initdb"), "-D", str(work), "-U", "reel", f"--pwfile={secret}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=bare_environment(),
            timeout=120,
            check=False,
            **identity(self._user),
        )
        secret.unlink()
        if made.returncode != 0:
            raise EmbeddedError(f"initdb failed:\n{made.stdout}{made.stderr}", DATABASE_CURE)
        work.rename(self.data)

    def _prepare(self, password: str) -> str:
        """Create the database on the first start; the DSN in any case."""
        port = int((self.home / "port").read_text())
        server = f"postgresql://reel:{password}@127.0.0.1:{port}"
        with psycopg.connect(f"{server}/postgres", autocommit=True, connect_timeout=10) as session:
            found = session.execute("SELECT 1 FROM pg_database WHERE datname = 'reel'").fetchone()
            if found is None:
                session.execute("CREATE DATABASE reel")
        return f"{server}/reel"
