"""Callbacks in Postgres, and their way out."""
