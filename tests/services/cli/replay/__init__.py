"""Tests of the replay of dispatch records."""
