"""Callbacks to stations: what is told, in which order, and what comes of it."""
