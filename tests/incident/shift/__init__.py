"""Tests of desks, shifts and hand-overs."""
