"""A whole instance on a given stack: its database, its topics, its keys and its services."""
