"""Messages over HTTP: what was sent, tests, and the links in messages."""
