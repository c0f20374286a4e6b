"""Callbacks as stations read them, and what their systems ask and are answered."""
