"""A Kafka that some of its clients reach through a proxy: it tells those the proxy's address."""

from collections.abc import Mapping
from pathlib import Path

from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.ports import kept_port

_LISTENERS = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT"


class ProxiedKafka(EmbeddedKafka):
    """Listens on `inner_port` too, and says there that it is to be found at `proxy_port`."""

    def __init__(self, home: Path, *, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(
            home, settings={**(settings or {}), "listener.security.protocol.map": _LISTENERS}
        )
        self.inner_port = self._chosen("inner-port")
        self.proxy_port = self._chosen("proxy-port")

    def _chosen(self, name: str) -> int:
        """Chosen once, for whoever listens there now is ours."""
        file = self.home / name
        return int(file.read_text()) if file.exists() else kept_port(file)

    def _written(self, port: int, controller: int) -> str:
        inner, outer = (
            f",PROXIED://127.0.0.1:{number}" for number in (self.inner_port, self.proxy_port)
        )
        lines = super()._written(port, controller).splitlines()
        more = {"listeners": inner, "advertised.listeners": outer}
        return "".join(f"{line}{more.get(line.partition('=')[0], '')}\n" for line in lines)
