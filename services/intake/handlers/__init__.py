"""What intake does: check, name, seal, hand to Kafka; and follow the directory."""
