"""One pure function per command: (incident, command, context, facts) to events, or a refusal."""
