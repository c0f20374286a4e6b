"""The demo's roster: every one of it is good, and its posts are never without somebody."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from incident.alert import OrganisationId
from incident.roster import gaps, read_roster
from services.cli.park import DEMO_PARK, read_document

EXAMPLE = DEMO_PARK.with_name("roster.example.yaml")
START = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_rosters_of_the_demo_are_good_and_leave_no_gap() -> None:
    known = str(read_document(DEMO_PARK))
    for entry in read_document(Path(EXAMPLE))["rosters"]:
        organisation = OrganisationId(entry.pop("organisation"))
        assert f"'{organisation}'" in known
        roster = read_roster(entry, organisation=organisation, version=1)
        assert gaps(roster, START, START + timedelta(days=31)) == ()
