"""What people do with alerts and incidents from a terminal: send, watch, act."""
