"""Tests of the dispatcher, with fakes at its edges."""
