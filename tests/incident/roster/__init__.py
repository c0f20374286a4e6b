"""Rosters: who is on duty, swaps, overrides, and what is refused."""
