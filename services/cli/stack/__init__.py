"""The embedded stack: real Apache Kafka and real PostgreSQL for development, tests and the demo."""
