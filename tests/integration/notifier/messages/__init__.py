"""Messages on real Postgres, to real servers on loopback."""
