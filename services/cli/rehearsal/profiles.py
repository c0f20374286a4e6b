"""The profile that a command names: built in, or in a file of its own."""

from pathlib import Path

from incident.kinds.reading import InvalidKindError, read_profile
from incident.profile import Profile
from services.cli.errors import CommandError
from services.runtime.kinds import load_kinds

USAGE = 2


def named(name: str) -> Profile:
    """Return a built-in profile by its code, or that of a file.

    Raises:
        CommandError: There is none of that name, or the file is faulty; the code is 2.
    """
    _, profiles = load_kinds()
    if name in profiles:
        return profiles[name]
    if not name.endswith(".toml"):
        known = ", ".join(sorted(profiles))
        raise CommandError(f"no profile {name}; there are: {known}, or a .toml file", code=USAGE)
    return read(Path(name))


def read(file: Path) -> Profile:
    """Read a profile from a file; its `legs_of` may name a built-in one.

    Raises:
        CommandError: It cannot be read, or is faulty: each fault with its place; the code is 2.
    """
    _, profiles = load_kinds()
    try:
        return read_profile(file.read_text(encoding="utf-8"), file.name, others=profiles)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"cannot read {file}: {error}", code=USAGE) from error
    except InvalidKindError as error:
        raise CommandError(str(error), code=USAGE) from error
