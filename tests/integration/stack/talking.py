"""The least a test says to Kafka and Postgres: keep something, and say what was kept."""

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

TOPIC = "kept"


async def keep_message(kafka: str, text: str) -> None:
    """Send a message and wait for its acknowledgement; the topic is made if absent."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if TOPIC not in await admin.list_topics():
            await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        await producer.send_and_wait(TOPIC, text.encode())


async def kept_messages(kafka: str) -> list[str]:
    """Return all messages of the topic."""
    partition = TopicPartition(TOPIC, 0)
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value.decode() for _ in range(end)]


async def keep_row(dsn: str, text: str) -> None:
    """Commit a row; the table is made if absent."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table if not exists kept (text text)")
    await connection.execute("insert into kept (text) values ($1)", text)
    await connection.close()


async def kept_rows(dsn: str) -> list[str]:
    """Return all rows."""
    connection = await asyncpg.connect(dsn)
    try:
        return [row["text"] for row in await connection.fetch("select text from kept")]
    finally:
        await connection.close()
