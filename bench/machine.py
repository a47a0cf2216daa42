"""What a run was made on: machine, versions, and the settings that make a commit durable."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import psutil
import psycopg

from bench.ground import Ground
from runtime.embedded.jars import VERSION as KAFKA_VERSION

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
SETTINGS = ("shared_buffers", "max_wal_size", "wal_level")
LIBRARIES = (
    "asyncpg", "aiokafka", "faststream", "fastapi", "uvicorn", "uvloop", "pydantic",
    "eventsourcing", "eventsource-py",
)  # fmt: skip


def machine_of(ground: Ground) -> dict[str, Any]:
    """Told with every result."""
    with psycopg.connect(ground.database_url) as session:

        def shown(name: str) -> str:
            row = session.execute(f"SHOW {name}").fetchone()
            return str(row[0]) if row else ""

        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {
                "processor": _processor(),
                "cores": os.cpu_count(),
                "memory_gib": round(psutil.virtual_memory().total / 2**30),
                "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
                "load_before": round(os.getloadavg()[0], 1),
            },
            "versions": {
                "python": platform.python_version(),
                "postgresql": shown("server_version"),
                "kafka": KAFKA_VERSION if ground.kafka else None,
                **{name: version(name) for name in LIBRARIES},
            },
            "durability": {name: shown(name) for name in DURABILITY},
            "settings": {name: shown(name) for name in SETTINGS},
        }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            names = (line.partition(":")[2] for line in lines if line.startswith("model name"))
            return next(names, platform.processor()).strip()
    except OSError:
        return platform.processor()
