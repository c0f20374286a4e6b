"""The dispatcher over HTTP: acts, reads, the directory and the streams."""
