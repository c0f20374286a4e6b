"""Callbacks on a real database, over real sockets."""
