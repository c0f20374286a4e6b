"""What the notifier does, free of Kafka, Postgres and HTTP."""
