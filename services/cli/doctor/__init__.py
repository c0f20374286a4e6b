"""Looks at everything an instance stands on, and says of each fault what to do about it."""
