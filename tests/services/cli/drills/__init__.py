"""Drills: read, played, ended, told."""
