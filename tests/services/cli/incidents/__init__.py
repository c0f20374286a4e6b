"""Sending, watching and acting from a terminal."""
