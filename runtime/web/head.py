"""A bound on what stands before a request's body: its line and its headers."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from runtime.web import problems

HEAD_BYTES_MAX = 64 * 1024
REFUSED_SECONDS = 2.0
HEAD_TOO_LARGE = (
    431,
    "head-too-large",
    f"a request's line and headers may have {HEAD_BYTES_MAX:,} bytes together: shorten them",
)


class BoundedHead(HttpToolsProtocol):
    """uvicorn's own, which would gather a head of any size before anybody sees it."""

    _in_head = False
    _head_bytes = 0
    _refused = False

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._in_head = False
                self._refuse()

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def _refuse(self) -> None:
        answer = problems.problem(*HEAD_TOO_LARGE)
        lines = [STATUS_LINE[answer.status_code]]
        lines += [b"%b: %b\r\n" % header for header in answer.raw_headers]
        lines += [b"connection: close\r\n\r\n", bytes(answer.body)]
        self.transport.write(b"".join(lines))
        # Closed while more of the head comes in, the caller would be reset before he has read it.
        self._refused = True
        self.loop.call_later(REFUSED_SECONDS, self.transport.close)
