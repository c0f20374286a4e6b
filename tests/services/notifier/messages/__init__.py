"""Messages to people: planned, written, limited, linked."""
