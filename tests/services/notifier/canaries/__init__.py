"""The canaries: planned, sent, followed, taken back."""
