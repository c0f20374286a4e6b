"""The loops that send: what is due to people, and the monthly test."""
