"""A part of the 115 dispatch service."""
