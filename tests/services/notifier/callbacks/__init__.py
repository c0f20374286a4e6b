"""What stations are told."""
