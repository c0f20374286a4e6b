"""Tests of the load bench and of the fault campaign."""
