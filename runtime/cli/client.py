"""A caller of Reel's HTTP API: finds the running instance, waits out what passes by itself."""

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

import httpx
import typer
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay

from runtime.embedded.home import Home
from runtime.people.identity import Issuer
from runtime.settings import settings

Url = Annotated[
    str | None, typer.Option("--url", envvar="REEL_URL", help="where Reel answers, else the one up")
]
PRODUCTION_HELP = "the production's id"
Production = Annotated[str, typer.Argument(help=PRODUCTION_HELP)]
As = Annotated[str | None, typer.Option("--as", help="act as this person (embedded identity only)")]

NOT_NOW = 503
FOR_SOMEBODY_TO_MEND = frozenset({"parked", "stopped", "fact-unreadable", "newer-writer"})
"""Codes of what does not pass by waiting."""
PATIENCE_SECONDS = 15.0
AGAIN_SECONDS = 0.05
"""Before the second call; each further one comes after twice as long, up to what is asked for."""


class Refused(Exception):
    """An answer that is a problem."""

    def __init__(self, status: int, body: dict[str, Any], again_seconds: float = 1.0) -> None:
        super().__init__(body.get("detail", ""))
        self.status = status
        self.again_seconds = again_seconds
        self.body = body
        self.title = body.get("title", f"HTTP {status}")
        self.detail = body.get("detail", "")
        self.problems: list[dict[str, Any]] = body.get("problems", [])

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))

    @property
    def passes(self) -> bool:
        """Whether it is worth asking again in a moment."""
        return self.status == NOT_NOW and self.code not in FOR_SOMEBODY_TO_MEND


class NotUp(Exception):
    """No instance runs here."""


class NoReel(Exception):
    """Something else answers there."""


class Client:
    """Calls as one person."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    @classmethod
    def of(cls, url: str | None, name: str | None) -> Self:
        """For the instance that is up here, or the one at `url`, as `name` or by REEL_TOKEN.

        Raises:
            LookupError: nobody is named.
            NotUp: nothing runs here.
        """
        token = os.environ.get("REEL_TOKEN")
        if name is None and token is None:
            raise LookupError("say who you are: --as NAME, or REEL_TOKEN=<token>")
        url = url or running_url(settings().home)
        if name is not None:
            token = Issuer(settings()).token(name)
        return cls(url, str(token))

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The answer to a query."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", path, params=given)

    def command(self, path: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        """The answer to a command, which stays the same one however often it has to be sent; the
        same key makes it the same as an earlier one."""
        return self._call("POST", path, json=body, headers=_key(key))

    def upload(
        self, path: str, text: bytes, key: str | None = None, media_type: str = "text/csv"
    ) -> dict[str, Any]:
        """The answer to a file."""
        headers = {"Content-Type": media_type, **_key(key)}
        return self._call("POST", path, content=text, headers=headers)

    def pages(self, path: str, items: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of every page."""
        after: Any = query.pop("after", None)
        while True:
            page = self.get(path, after=after, **query)
            yield from page[items]
            after = page["next"]
            if after is None:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Lets the connection go."""
        self._http.close()

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        for attempt in Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, Refused) and error.passes),
            wait=_again_seconds,
            stop=stop_after_delay(PATIENCE_SECONDS),
            reraise=True,
        ):
            with attempt:
                answer = self._http.request(method, path, **options)
                if answer.is_error:
                    after = answer.headers.get("Retry-After", "")
                    again = float(after) if after.isdigit() else 1.0
                    raise Refused(answer.status_code, _problem(answer), again)
        try:
            body: dict[str, Any] = answer.json()
        except ValueError:
            raise NoReel(
                f"what answers at {self.url} is no Reel: name another with --url"
            ) from None
        return body


def _again_seconds(state: RetryCallState) -> float:
    """Most of what passes is over in a moment, before the server would have it asked again."""
    error = state.outcome.exception() if state.outcome else None
    most = error.again_seconds if isinstance(error, Refused) else AGAIN_SECONDS
    return min(float(AGAIN_SECONDS * 2 ** (state.attempt_number - 1)), most)


def _key(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid.uuid4())}


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"detail": answer.text[:500]}


def running_url(home: Path) -> str:
    """Where the instance of this home answers; raises `NotUp` when none is up."""
    card = Home(home).describe() if home.exists() else None
    if not card or "url" not in card:
        raise NotUp("Reel is not up here: run `reel up`, or name it with --url")
    return str(card["url"])


def wait_until(what: str, is_so: Any, seconds: float = 20.0) -> None:
    """Polls until `is_so()`; raises `TimeoutError` naming what was waited for."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.05)
