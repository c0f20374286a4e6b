"""Which centers have a console that listens, as figures."""

from prometheus_client import Gauge

from services.dispatcher.payloads.views import center_channel
from services.dispatcher.ports import Atlas
from services.dispatcher.stream import Hub
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.directory import NoDirectoryError

LOOK_SECONDS = 2.0

_STREAMS = Gauge("d115_console_streams", "Consoles of a center that listen here now.", ["center"])
_AWAY = Gauge(
    "d115_console_away_seconds",
    "Real seconds since a console of a center last listened to this process; since its start where"
    " none did.",
    ["center"],
)


class Consoles:
    """Looks at who listens, center by center; only centers that have consoles count."""

    def __init__(self, hub: Hub, atlas: Atlas, clock: Clock) -> None:
        self._hub = hub
        self._atlas = atlas
        self._clock = clock
        self._began = clock.monotonic()
        self._seen: dict[str, float] = {}

    async def run(self) -> None:
        """Look every two seconds until cancelled."""
        while True:
            self.look()
            await self._clock.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Set the gauges once; those of centers that are gone are taken back."""
        now, wanted = self._clock.monotonic(), self._centers()
        for gone in self._seen.keys() - wanted:
            _STREAMS.remove(gone)
            _AWAY.remove(gone)
        self._seen = {center: self._seen.get(center, self._began) for center in wanted}
        for center in wanted:
            listening = self._hub.count(center_channel(center))
            if listening:
                self._seen[center] = now
            _STREAMS.labels(center).set(listening)
            away = None if listening else now - self._seen[center]
            metrics.grow(_AWAY.labels(center), away, clock=self._clock)

    def _centers(self) -> set[str]:
        try:
            centers = self._atlas.lookup.centers.values()
        except NoDirectoryError:
            return set()
        return {center.code for center in centers if center.consoles}
