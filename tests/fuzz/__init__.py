"""Bad input, by the thousand: it is answered, skipped or set aside, and nothing stops."""
