"""What an instance keeps between two starts, readable by its owner only."""

from dataclasses import asdict, dataclass, field, fields, replace

from services.cli.secrets import new_admin_key, new_data_key
from services.cli.stack.home import Home
from services.runtime.ids import new_secret

_LATER = frozenset({"contact_keys", "session_keys"})
"""What an instance of an earlier version was made without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Names and secrets of an instance.

    Attributes:
        token: Tells its database and topics from those of others on the same servers.
        data_keys: The setting `D115_DATA_KEYS`.
        contact_keys: The setting `NOTIFIER_CONTACT_KEYS`; empty for an instance made before it.
        session_keys: The setting `D115_SESSION_KEYS`; likewise.
        admin_key: The key that applies directories.
        clock: The setting `D115_CLOCK` its database was made with.
        keys: Keys made for the people of the directory, by the holders' names.
        applied: The directory with these keys was applied.
        ports: The ports used last, by service and `<service> ops`.
    """

    token: str
    data_keys: str
    admin_key: str
    clock: str
    keys: dict[str, str] = field(default_factory=dict)
    contact_keys: str = field(default="", repr=False)
    session_keys: str = field(default="", repr=False)
    applied: bool = False
    ports: dict[str, int] = field(default_factory=dict)


def fresh(*, clock: str) -> Kept:
    """Make the names and secrets of a new instance."""
    return Kept(
        token=new_secret()[:8].lower().replace("_", "x").replace("-", "y"),
        data_keys=new_data_key("k1"),
        contact_keys=new_data_key("c1"),
        session_keys=new_data_key("s1"),
        admin_key=new_admin_key()[0],
        clock=clock,
    )


def load(home: Home) -> Kept | None:
    """Return what was kept; None for a new place."""
    found = home.remembered()
    names = {entry.name for entry in fields(Kept)}
    if not names - _LATER <= found.keys():
        return None
    return Kept(**{name: found[name] for name in names & found.keys()})


def completed(home: Home, kept: Kept) -> Kept:
    """Make what an instance of an earlier version was made without, and keep it."""
    if kept.contact_keys and kept.session_keys:
        return kept
    kept = replace(
        kept,
        contact_keys=kept.contact_keys or new_data_key("c1"),
        session_keys=kept.session_keys or new_data_key("s1"),
    )
    save(home, kept)
    return kept


def save(home: Home, kept: Kept) -> None:
    """Keep it for the next start (mode 0600)."""
    home.remember(asdict(kept))


def forget(home: Home) -> None:
    """Keep nothing."""
    home.remember({})
