"""The commands of `d115` by group: options and arguments; each imports its parts as it runs."""
