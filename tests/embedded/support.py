"""What the tests of the embedded servers ask them."""

import secrets

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


def ask(dsn: str, question: str) -> object:
    """The first value of the first row."""
    with psycopg.connect(dsn, autocommit=True) as session:
        answer = session.execute(question)
        row = answer.fetchone() if answer.description else None
        return row and row[0]


async def topics(address: str) -> set[str]:
    """The topics that the broker has."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def publish(address: str, text: bytes) -> str:
    """A new topic's name, with `text` as its one record."""
    topic = f"embedded-{secrets.token_hex(4)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(
        bootstrap_servers=address, acks="all", enable_idempotence=True, max_request_size=2 << 20
    ) as producer:
        await producer.send_and_wait(topic, text)
    return topic


async def first(address: str, topic: str) -> bytes | None:
    """The first record of the topic."""
    async with AIOKafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest") as reader:
        reader.assign([TopicPartition(topic, 0)])
        value: bytes | None = (await reader.getone()).value
        return value
