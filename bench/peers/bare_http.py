"""The limit of HTTP: FastAPI with a checked body and one query, served as Reel serves itself.

`python -m bench.peers.bare_http DSN` announces its address on its first line.
"""

import sys
from decimal import Decimal
from typing import Any

import asyncpg
import orjson
import uvicorn
import uvloop
from fastapi import FastAPI, Response
from pydantic import BaseModel

from runtime.pools import nothing_to_reset
from runtime.process import _listen
from runtime.settings import Settings

ROWS = 10_000
POOL_SIZE = 8


class Commitment(BaseModel):
    """The body that Reel's own command has."""

    commitment: str
    account: str
    amount: Decimal
    description: str
    raised_on: str


def application(pool: asyncpg.Pool) -> FastAPI:
    """Two endpoints: one inserts a row, durably; the other reads one."""
    app = FastAPI()

    @app.post("/insert/{production}", status_code=201)
    async def insert(production: str, body: Commitment) -> Response:
        number = await pool.fetchval(
            "INSERT INTO bare (production, payload) VALUES ($1::uuid, $2) RETURNING id",
            production,
            body.model_dump_json(),
        )
        return _json({"id": number})

    @app.post("/select/{production}", status_code=201)
    async def select(production: str, body: Commitment) -> Response:
        payload = await pool.fetchval("SELECT payload FROM bare WHERE id = $1", _row_of(body))
        return _json({"payload": payload})

    return app


def _row_of(body: Commitment) -> int:
    return 1 + hash(body.commitment) % ROWS


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), 201, media_type="application/json")


async def _serve(url: str) -> None:
    pool = await asyncpg.create_pool(url, min_size=1, max_size=POOL_SIZE, reset=nothing_to_reset)
    await pool.execute(
        "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "production uuid NOT NULL, payload text NOT NULL)"
    )
    await pool.execute(
        "INSERT INTO bare (production, payload) SELECT gen_random_uuid(), repeat('x', 180) "
        f"FROM generate_series(1, {ROWS})"
    )
    listener = _listen(Settings())
    server = uvicorn.Server(
        uvicorn.Config(application(pool), log_config=None, access_log=False, lifespan="off")
    )
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
