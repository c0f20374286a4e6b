"""The screens in a real browser, over the real services, Kafka and Postgres."""
