"""The notifier over HTTP: figures, clocks, and who is silent."""
