"""An incident's row and its messages name the profile; whoever reads them gets the whole of it."""

import json
from collections.abc import Callable

import pytest

from incident import commands as c
from incident.alert import TeamId
from incident.messages import AlertReceived, IncidentChanged
from services.dispatcher.adapters.reads import PostgresReads
from services.runtime import codec, sharing
from services.runtime.profiles import Shelf
from tests.integration.dispatcher.life.site import Site
from tests.services.dispatcher.park import alert, incident_id


@pytest.fixture
async def opened(site: Site) -> Site:
    """A site with one incident, pushed and acknowledged."""
    await site.open(AlertReceived(alert=alert(1)))
    await site.do("operator", 1, "acknowledge", c.Acknowledge())
    return site


Forget = Callable[[], None]


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch) -> Forget:
    """From the call on this process has seen no profile yet, as one that was just started."""

    def call() -> None:
        for name in ("_by_text", "_by_object", "_by_reading", "_by_name"):
            monkeypatch.setattr(sharing, name, type(getattr(sharing, name))())

    return call


async def test_rows_name_the_profile_and_its_text_is_kept_once(opened: Site) -> None:
    (row,) = await opened.fetch("select document from dispatcher.incident")
    incident = (await opened.incidents())[incident_id(1)]
    name = sharing.shared(incident.profile).name
    assert json.loads(row["document"])["profile"] == name
    kept = await opened.fetch("select name, document from dispatcher.profile")
    assert [entry["name"] for entry in kept] == [name]
    assert sharing.learn(kept[0]["document"].encode()).profile == incident.profile


async def test_a_process_that_never_saw_the_profile_reads_and_acts_all_the_same(
    opened: Site, forget: Forget
) -> None:
    before = (await opened.incidents())[incident_id(1)]
    forget()
    assert await PostgresReads(opened.database).find(incident_id(1)) == before
    forget()
    await opened.do("operator", 1, "assign", c.Assign(teams=(TeamId("west-a"),)))
    await opened.check_whole()


async def test_a_message_on_its_way_out_is_spelt_out_by_who_never_saw_the_profile(
    opened: Site, forget: Forget
) -> None:
    incident = (await opened.incidents())[incident_id(1)]
    rows = await opened.fetch("select value from dispatcher.outbox order by position")
    named = rows[-1]["value"].encode()
    forget()
    async with opened.database.transaction() as connection:
        whole = await Shelf("dispatcher").knowing(connection, lambda: sharing.spell_out(named))
    assert b'"profile":{' in whole
    assert codec.decode(whole, IncidentChanged).incident == incident
    assert len(whole) > 2 * len(named)


async def test_a_profile_that_is_nowhere_is_said_to_be_unknown(opened: Site) -> None:
    text = b'{"profile":"' + b"f" * 64 + b'",}'
    async with opened.database.transaction() as connection:
        with pytest.raises(sharing.UnknownProfileError):
            await Shelf("dispatcher").knowing(connection, lambda: sharing.spell_out(text))
