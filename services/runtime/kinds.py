"""The kinds and profiles that are built in, from the files of the package."""

from importlib.resources import files

from incident.kinds.catalogue import read_catalogue
from incident.profile import Kind, Profile


def load_kinds() -> tuple[dict[str, Kind], dict[str, Profile]]:
    """Read the built-in kinds and profiles, each by its code.

    Raises:
        InvalidKindError: A file of the package is faulty; it says which one and how.
    """
    entries = [entry for entry in files("incident.kinds").iterdir() if entry.name.endswith(".toml")]
    return read_catalogue({entry.name: entry.read_text(encoding="utf-8") for entry in entries})
