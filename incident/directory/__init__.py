"""The directory: who and what a park has, published whole and versioned.

Reading order: `parts` (the values), `reading` and `checks` (a parsed document becomes a
directory, or a list of all its faults), `lookup` (questions asked of it all day), `document`
(back to a plain document) and `difference` (what a dry run shows).
"""

from incident.directory.difference import Change, ChangeKind, difference
from incident.directory.document import digest, to_document
from incident.directory.faults import Fault, InvalidDirectoryError
from incident.directory.lookup import Lookup
from incident.directory.parts import (
    Center,
    Directory,
    Enterprise,
    FunctionGroup,
    Key,
    KindUse,
    KnownPlace,
    Member,
    OrganisationType,
    Park,
    PlaceType,
    Role,
    Station,
    Team,
    Webhook,
)
from incident.directory.reading import read_directory

__all__ = [
    "Center",
    "Change",
    "ChangeKind",
    "Directory",
    "Enterprise",
    "Fault",
    "FunctionGroup",
    "InvalidDirectoryError",
    "Key",
    "KindUse",
    "KnownPlace",
    "Lookup",
    "Member",
    "OrganisationType",
    "Park",
    "PlaceType",
    "Role",
    "Station",
    "Team",
    "Webhook",
    "difference",
    "digest",
    "read_directory",
    "to_document",
]
