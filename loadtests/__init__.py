"""How much load the service carries, measured on the real parts: `python -m loadtests`."""
