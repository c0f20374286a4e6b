"""One function per thing that can be asked: load, decide, store, in one transaction."""
