"""Tests of the check of the event log."""
