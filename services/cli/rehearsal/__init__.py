"""What `d115 ladder` prints: ladders played ahead, and over what has happened."""
