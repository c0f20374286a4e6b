"""The dashboards, written from a description: `make dashboards`."""
