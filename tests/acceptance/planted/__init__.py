"""Faults for the product, planted by tests. The folder is put on PYTHONPATH, not imported."""
