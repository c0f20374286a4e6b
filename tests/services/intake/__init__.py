"""Intake with fakes at its edges."""
