"""What leaves for systems that others run: signed, only to where it may go, each at its own pace.

It stands on nothing of a use case: who is written to, and what, is its callers' to say.
"""
