"""The ways to people: robots, mail and SMS gateways by apprise, signed webhooks, voice."""
