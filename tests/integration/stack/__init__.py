"""The embedded stack itself: it starts, survives, says what is wrong, and leaves nothing behind."""
