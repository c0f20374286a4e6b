"""Reading Kafka as a group, each record applied once in Postgres."""

from services.runtime.consumer.consumer import Consumer
from services.runtime.consumer.delivery import Apply, Rescue
from services.runtime.consumer.places import Place

__all__ = ["Apply", "Consumer", "Place", "Rescue"]
