"""The rules of an incident, pure."""
