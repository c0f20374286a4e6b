"""How intake reaches Kafka and Postgres."""
