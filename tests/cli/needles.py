"""A text in every form in which it could lie about, and where to look for it."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from psycopg import sql

NUMBERS_ALONE = {".index", ".timeindex"}
"""Kafka's indexes: offsets, in files that are made very long at once."""


def canary(given: str) -> str:
    """A name that stands nowhere else, with letters that are written in several ways."""
    return f"{given} Zoë Kanärek-{secrets.token_hex(12)}"


def forms_of(text: str) -> set[bytes]:
    """The name's last word, as it would lie in files, packets and dumps. It has no letter that JSON
    or a URL writes in another way, so wherever the name lies, this does."""
    word = text.rpartition("-")[2]
    return coded(word.encode()) | coded(word.encode("utf-16-le")) | {word.encode("utf-16-be")}


def coded(raw: bytes) -> set[bytes]:
    """Bytes as they are, as hex digits, and as base64 wherever they begin in it."""
    forms = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):
        # Characters that are made of neighbouring bytes are left out.
        text = base64.b64encode(bytes(shift) + raw)
        inner = text[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]
        forms |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return forms


def found_in(content: bytes, forms: set[bytes]) -> bool:
    return any(form in content for form in forms)


def files_with(folder: Path, forms: set[bytes]) -> list[str]:
    """The files below the folder that hold one of these forms. A file may go while one looks."""
    hits = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix not in NUMBERS_ALONE:
            try:
                # Segments of WAL are made long, and end in zeros.
                content = path.read_bytes().rstrip(b"\0")
            except OSError:
                continue
            if found_in(content, forms):
                hits.append(str(path.relative_to(folder)))
    return hits


def rows_of(database_url: str) -> Iterator[tuple[str, str]]:
    """Every row of every table of the database, as a text; bytes in it as hex digits."""
    with psycopg.connect(database_url, autocommit=True) as session:
        tables = session.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema !~ '^(pg_|information_schema)'"
        ).fetchall()
        for schema, table in tables:
            name = sql.Identifier(schema, table)
            for (row,) in session.execute(sql.SQL("SELECT t::text FROM {} t").format(name)):
                yield f"{schema}.{table}", row


async def records_of(kafka: str) -> list[bytes]:
    """Every byte of every record of every topic of ours, unpacked: key, value and headers."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await admin.describe_topics()
        if not topic["is_internal"]
        for partition in topic["partitions"]
    ]
    await admin.close()
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[bytes] = []
        while len(found) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    headers = [
                        part for name, value in record.headers for part in (name.encode(), value)
                    ]
                    found.append(b"\n".join([record.key or b"", record.value or b"", *headers]))
        return found
