"""The rules and dashboards, as far as they can be checked without anything that runs."""
