"""Intake over HTTP: who may come in, what is answered."""
