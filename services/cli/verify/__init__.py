"""Exports the event log and checks it on its own: `d115 verify`.

Reading order: `archive` (the form of an export), `fetching` (from a running instance), `findings`,
`chains`, `digests`, `histories`, `figures` (what is checked), `checking` (all of it), `command`.
The check uses the pure rules and nothing of the services that made the log.
"""
