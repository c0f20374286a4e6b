"""Callbacks over HTTP: registration, log and feed."""
