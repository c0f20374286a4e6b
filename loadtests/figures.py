"""How measured samples stand in results: milliseconds, rounded, with their counts."""

from loadtests.arrivals import Samples
from loadtests.quantiles import Quantiles


def milliseconds(spread: Quantiles) -> dict[str, float]:
    """Return quantiles of seconds as milliseconds."""
    named = {
        "p50": spread.p50,
        "p90": spread.p90,
        "p99": spread.p99,
        "p99.9": spread.p999,
        "max": spread.maximum,
    }
    return {"n": spread.n} | {name: round(value * 1000, 2) for name, value in named.items()}


def summary(samples: Samples, *good: str) -> dict[str, object]:
    """Return what became of sends: counts, the latencies of the good ones, the generator's lag."""
    found = any(samples.seconds.get(outcome) for outcome in good)
    return {
        "outcomes": samples.counts,
        "milliseconds": milliseconds(samples.quantiles(*good)) if found else None,
        "generator_lag_p99_ms": round(samples.lag() * 1000, 2),
    }


def fault_of(samples: Samples, *good: str) -> str | None:
    """Say which sends ended badly; None if none did."""
    bad = {outcome: count for outcome, count in samples.counts.items() if outcome not in good}
    return ", ".join(f"{count} {outcome}" for outcome, count in bad.items()) or None
