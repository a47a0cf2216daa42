"""TCP ports on 127.0.0.1 that are chosen once and kept, so that an address stays good."""

import random
import socket
from pathlib import Path

from runtime.embedded.errors import EmbeddedError

# Below the range from which Linux and macOS hand out ports to outgoing connections.
_RANGE = range(20_000, 32_000)


def kept_port(file: Path) -> int:
    """The port written in `file` if nobody else has it, else a free one, written there."""
    try:
        port = int(file.read_text())
    except (OSError, ValueError):
        port = 0
    if port not in _RANGE or not is_free(port):
        port = _free_port()
        file.write_text(f"{port}\n")
    return port


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as caller:
        caller.settimeout(0.5)
        if caller.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as server:
        # Connections of a server that just ended linger for a minute and do not matter.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    for port in random.sample(_RANGE, 200):
        if is_free(port):
            return port
    raise EmbeddedError(
        f"No free TCP port on 127.0.0.1 between {_RANGE.start} and {_RANGE.stop}.",
        "End programs that listen there.",
    )
