"""The schema files, what writes them and what compares them."""
