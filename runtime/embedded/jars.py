"""Apache Kafka's jars: fetched once by their Maven names, each checked against kafka.lock.

`python -m runtime.embedded.jars` fetches them, so that the first start needs no network;
`--lock` writes kafka.lock again after a change of version.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from runtime.embedded.errors import KAFKA_CURE, EmbeddedError

VERSION = "4.4.0"
KAFKA = f"org.apache.kafka:kafka_2.13:{VERSION}"
LOGGER = "org.slf4j:slf4j-simple:1.7.36"
LOCK = Path(__file__).with_name("kafka.lock")


def jars(lock: Path = LOCK) -> list[Path]:
    """Kafka's class path: every jar that kafka.lock names, fetched if need be, and verified.

    Raises EmbeddedError naming the jar that is wrong, missing or foreign, or the coordinate that
    could not be fetched. Takes about 0.1 s when the jars are there.
    """
    folder = cache() / f"kafka-{VERSION}"
    if not folder.is_dir():
        with _exclusively(folder.with_name(f"{folder.name}.lock")):
            if not folder.is_dir():
                _fetch_into(folder, lock)
    verify(folder, lock)
    return sorted(folder.glob("*.jar"))


def are_fetched() -> bool:
    """Whether a start would find the jars without the network."""
    return (cache() / f"kafka-{VERSION}").is_dir()


def cache() -> Path:
    """Where fetched jars are kept: REEL_CACHE, else ~/.cache/reel, else .reel/cache."""
    named = os.environ.get("REEL_CACHE")
    places = [Path(named)] if named else [Path("~/.cache/reel"), Path(".reel/cache")]
    for place in places:
        try:
            folder = place.expanduser()
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, RuntimeError):
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder.resolve()
    raise EmbeddedError(
        f"No folder to keep Kafka's jars in: {', '.join(map(str, places))} cannot be written.",
        f"Name another one: REEL_CACHE=/a/folder make demo\n{KAFKA_CURE}",
    )


def verify(folder: Path, lock: Path = LOCK, cure: str = "") -> None:
    """Compare every jar in `folder` with `lock`; EmbeddedError names the first that differs."""
    cure = cure or f"Remove the folder, and they are fetched again: rm -r {folder}"
    wanted, found = _read(lock), digests(folder)
    problems = [
        *(f"{name} is missing" for name in sorted(wanted.keys() - found.keys())),
        *(f"{name} is not one of Kafka's jars" for name in sorted(found.keys() - wanted.keys())),
        *(
            f"{name} has the sha256 {found[name]}, kafka.lock says {wanted[name]}"
            for name in sorted(wanted.keys() & found.keys())
            if wanted[name] != found[name]
        ),
    ]
    if problems:
        raise EmbeddedError(
            f"Kafka's jars in {folder} are not the ones that were tested: {problems[0]}.",
            f"{cure}\n{KAFKA_CURE}",
        )


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of each jar in `folder`, by file name."""
    return {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}


def _read(lock: Path) -> Mapping[str, str]:
    lines = (line.split() for line in lock.read_text().splitlines() if line.strip())
    return {name: digest for digest, name in lines}


def _fetch_into(folder: Path, lock: Path) -> None:
    """Fetch beside `folder`, verify, and only then give it its name: it is whole or absent."""
    with tempfile.TemporaryDirectory(prefix=".kafka-", dir=folder.parent) as work:
        whole = _resolve(Path(work))
        verify(whole, lock, "They were just fetched and are thrown away: ask where they come from.")
        whole.rename(folder)


def _resolve(work: Path) -> Path:
    """Let jgo fetch Kafka and what it needs into `work`; the folder that holds every jar."""
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.env import EnvironmentBuilder, LinkStrategy
        from jgo.maven import MavenContext
    except ImportError as error:
        raise EmbeddedError(
            f"The package jgo, which fetches Kafka, is not installed ({error}).",
            f"Install it: pip install 'reel[embedded]'\n{KAFKA_CURE}",
        ) from error
    repositories = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    context = MavenContext(repo_cache=work / "m2", remote_repos=repositories, timeout=60)
    builder = EnvironmentBuilder(context, work / "jgo", LinkStrategy.HARD)
    try:
        found = builder.from_endpoint(f"{KAFKA}+{LOGGER}").all_jars
    except Exception as error:  # whatever jgo meets, the person needs the name and the cure
        raise EmbeddedError(
            f"Apache Kafka ({KAFKA}) cannot be fetched from the Maven repository: {error}",
            f"Try again when the network is there. {KAFKA_CURE}",
        ) from error
    whole = work / "jars"
    whole.mkdir()
    for jar in found:
        shutil.copyfile(jar, whole / jar.name)
    return whole


@contextmanager
def _exclusively(file: Path) -> Iterator[None]:
    """Hold `file` locked, so that two first starts fetch once."""
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _write_lock() -> None:
    with tempfile.TemporaryDirectory() as work:
        found = digests(_resolve(Path(work)))
    LOCK.write_text("".join(f"{found[name]}  {name}\n" for name in sorted(found)))


def main() -> int:
    """Fetch the jars, or with --lock write kafka.lock; the exit code says whether it worked."""
    try:
        if "--lock" in sys.argv[1:]:
            _write_lock()
        else:
            if not are_fetched():
                sys.stderr.write(f"Fetching Apache Kafka {VERSION}, 44 MB, once\n")
            jars()
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
