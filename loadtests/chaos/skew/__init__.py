"""What a process with a wrong clock has on its path."""
