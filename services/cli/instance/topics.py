"""An instance's topics, told from others by the prefix of their names."""

from aiokafka.admin import AIOKafkaAdminClient

_REQUEST_MILLISECONDS = 10_000


async def delete_topics(bootstrap: str, *, prefix: str) -> list[str]:
    """Delete every topic whose name begins with the prefix, and return their names.

    Raises:
        ValueError: The prefix is empty: that would be everybody's topics.
        KafkaError: Kafka does not answer or refuses.
    """
    if not prefix:
        raise ValueError("topics are deleted by a prefix, and there is none")
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=_REQUEST_MILLISECONDS
    )
    try:
        await admin.start()
        names = sorted(name for name in await admin.list_topics() if name.startswith(prefix))
        if names:
            await admin.delete_topics(names, timeout_ms=_REQUEST_MILLISECONDS)
    finally:
        await admin.close()
    return names
