"""What may be wrong with a roster or a change of one, as problems."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from incident.roster import (
    ChangeRefusedError,
    Fault,
    InvalidRosterError,
    SettledError,
    UnknownChangeError,
)
from services.notifier.handlers.rosters import NoRosterError, OtherVersionError
from services.notifier.ports.rosters import NoContactKeysError
from services.runtime.problems import Problem, invalid

MOST_FAULTS = 200

NO_ROSTER = Problem(404, "no-roster", "This organisation has no roster yet.")
NO_KEYS = Problem(
    409,
    "no-contact-keys",
    "This service has no key to seal people's addresses with: NOTIFIER_CONTACT_KEYS is not set.",
)
UNKNOWN = Problem(404, "unknown-change", "No swap or override of this id is known for you.")
NO_VERSION = Problem(
    428,
    "version-needed",
    'If-Match must name the version the document was made from: "0" for the first one.',
    field="If-Match",
)


def other_version(version: int) -> Problem:
    """Answer to a document made from another version than the one in force."""
    detail = f"Version {version} is in force; read it and make the change again."
    return Problem(412, "other-version", detail, version=version)


def settled(why: str) -> Problem:
    """Answer to what comes too late for a swap."""
    return Problem(409, "swap-settled", f"Nothing can be changed about this swap: {why}.")


@contextmanager
def told() -> Iterator[None]:
    """Answer with a problem where a roster is not changed.

    Raises:
        Problem: 404, 409, 412 or 422.
    """
    try:
        yield
    except (InvalidRosterError, ChangeRefusedError) as error:
        raise _faulty(error.faults) from error
    except NoRosterError as error:
        raise NO_ROSTER from error
    except NoContactKeysError as error:
        raise NO_KEYS from error
    except OtherVersionError as error:
        raise other_version(error.version) from error
    except UnknownChangeError as error:
        raise UNKNOWN from error
    except SettledError as error:
        raise settled(str(error)) from error


def _faulty(faults: Sequence[Fault]) -> Problem:
    return invalid(
        [
            (fault.path or "document", f"{fault.wrong}; allowed: {fault.allowed}")
            for fault in faults[:MOST_FAULTS]
        ]
    )
