"""What the bare parts can do, measured beside the service in the same run."""
