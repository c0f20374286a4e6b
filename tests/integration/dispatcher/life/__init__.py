"""The dispatcher's whole work on real servers."""
