"""A small park to test with, as the document it is read from."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incident.directory import Directory, Fault, InvalidDirectoryError, Lookup, read_directory

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def park_document() -> dict[str, Any]:
    """Two enterprises with a center each, a lent building, the park's own, and five teams.

    A fresh document at each call, so that a test may change it.
    """
    return {
        "park": {
            "code": "park",
            "name": {"zh": "青禾五金园", "en": "Qinghe Park"},
            "fallback_center": "park-center",
        },
        "stations": [{"code": "station", "name": "青禾派出所"}],
        "enterprises": [{"code": "east", "name": "禾岭家居"}, {"code": "west", "name": "澄石五金"}],
        "centers": [
            {"code": "park-center", "name": "园区中心", "place": "root"},
            {
                "code": "east-center",
                "name": "禾岭家居微中心",
                "enterprise": "east",
                "place": "east-site",
                "consoles": False,
                "webhook": {"url": "https://east.example/alerts", "secret": "east-hook"},
                "telephone": "000-0000-0001",
            },
            {
                "code": "west-center",
                "name": "澄石五金微中心",
                "enterprise": "west",
                "place": "west-site",
            },
        ],
        "places": [
            {"code": "root", "type": "park", "name": "青禾五金园"},
            {"code": "road", "type": "area", "name": "青禾大道", "parent": "root"},
            {"code": "east-site", "type": "enterprise", "name": "禾岭家居", "parent": "root"},
            {"code": "east-gate", "type": "gate", "name": "东门", "parent": "east-site"},
            {"code": "east-1", "type": "building", "name": "1号楼", "parent": "east-site"},
            {"code": "east-1-2", "type": "floor", "name": "2层", "parent": "east-1"},
            {"code": "east-2", "type": "building", "name": "2号楼", "parent": "east-site"},
            {"code": "west-site", "type": "enterprise", "name": "澄石五金", "parent": "root"},
            {"code": "west-1", "type": "building", "name": "1号楼", "parent": "west-site"},
            {
                "code": "west-9",
                "type": "building",
                "name": "外租仓",
                "parent": "west-site",
                "center": "east-center",
            },
            {"code": "west-9-1", "type": "floor", "name": "1层", "parent": "west-9"},
        ],
        "teams": [
            team("east-a", "east-center", "east-1", members=[{"code": "p1", "name": "张甲"}]),
            team("east-b", "east-center", "east-2", resting_until="2026-11-23T15:00:00+08:00"),
            team("east-m", "east-center", "east-1", group="mediation", on_duty=False),
            team("west-a", "west-center", "west-1"),
            team("shared", "park", "road", members=[{"code": "p1", "name": "张甲"}]),
        ],
        "keys": [
            key("k-station", "station", "station"),
            key("k-operator", "operator", "east-center", person="op-1"),
            key("k-chief", "chief", "east-center", expires_at="2027-01-01T00:00:00Z"),
            key("k-team", "team", "east-center", team="east-a", person="p1"),
            key("k-shared", "team", "park", team="shared"),
            key("k-supervisor", "supervisor", "park"),
            key("k-auditor", "auditor", "park"),
            key("k-admin", "admin", "park"),
        ],
        "kinds": [{"code": "police-alert", "profile": "observe"}],
    }


def team(
    code: str, organisation: str, place: str, *, group: str = "duty-linkage", **more: object
) -> dict[str, object]:
    """A team's entry."""
    return {
        "code": code,
        "name": f"{code} 组",
        "organisation": organisation,
        "function_group": group,
        "place": place,
        **more,
    }


def key(key_id: str, role: str, organisation: str, **more: object) -> dict[str, object]:
    """A key's entry; the digest is made from the id, so that no two are the same."""
    sha256 = key_id.encode().hex().ljust(64, "0")
    return {"id": key_id, "role": role, "organisation": organisation, "sha256": sha256, **more}


def read(document: object, *, version: int = 1) -> Directory:
    """Read a directory as of `NOW`."""
    return read_directory(document, version=version, now=NOW)


def park_lookup() -> Lookup:
    """The small park, ready for questions."""
    return Lookup(read(park_document()))


def faults_of(document: object) -> tuple[Fault, ...]:
    """What is wrong with a document; something must be."""
    with pytest.raises(InvalidDirectoryError) as caught:
        read(document)
    return caught.value.faults
