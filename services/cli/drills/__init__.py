"""Drills: a scenario played over the real way, and told afterwards who did what when."""
