"""One question to a Kafka broker, asked by hand: does it know a broker to send clients to?"""

import socket
import struct

_METADATA, _VERSION, _NO_TOPICS = 3, 1, 0
_CLIENT = b"reel"


def answers(port: int, seconds: float = 1.0) -> bool:
    """Whether the broker on 127.0.0.1:`port` answers a metadata request naming a live broker."""
    body = struct.pack(">hhih", _METADATA, _VERSION, 1, len(_CLIENT)) + _CLIENT
    body += struct.pack(">i", _NO_TOPICS)
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as line:
            line.settimeout(seconds)
            line.sendall(struct.pack(">i", len(body)) + body)
            (size,) = struct.unpack(">i", _exactly(line, 4))
            answer = _exactly(line, size)
    except (OSError, EOFError):
        return False
    _, brokers = struct.unpack_from(">ii", answer)
    return bool(brokers > 0)


def _exactly(line: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = line.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
