"""Kinds and profiles as data: the files, and how they are read."""
