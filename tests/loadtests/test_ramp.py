"""The highest rate held is found from below and from above."""

import pytest

from loadtests.ramp import highest


class Server:
    """Holds rates up to its limit, and remembers what was tried."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self.tried: list[float] = []

    async def holds(self, rate: float) -> bool:
        self.tried.append(rate)
        return rate <= self._limit


@pytest.mark.parametrize("limit", [130, 400, 777, 1234])
async def test_it_comes_within_the_last_halving_of_the_limit(limit: float) -> None:
    server = Server(limit)

    found = await highest(server.holds, start=400, factor=1.5)

    assert found is not None
    assert found <= limit < found * 1.5 ** (1 / 4) + 1e-6


async def test_it_gives_up_where_nothing_is_held() -> None:
    server = Server(0)

    assert await highest(server.holds, start=400, factor=1.5) is None
    assert len(server.tried) == 5


async def test_it_stops_climbing_what_holds_everything() -> None:
    server = Server(float("inf"))

    found = await highest(server.holds, start=1, factor=2)

    assert (found, len(server.tried)) == (1024, 11)
