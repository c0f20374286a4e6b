"""Figures one can check: from the facts of cases to counts, shares, times and their intervals.

Every definition stands beside the code that computes it, and in `docs/figures.md` for readers.
Drills and tests are dropped before anything is counted. A case stands here as it was recorded: what
was recorded later is another version of it, and figures as of a moment take the last one by then.
"""
