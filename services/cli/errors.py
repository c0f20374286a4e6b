"""What goes wrong in a command: one line on stderr, and an exit code."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

DONE, FAILED, USAGE, LATE, NOT_WHOLE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
"""Exit codes; `docs/cli.md` says what each means."""

_MOST_FAULTS = 5


class CommandError(Exception):
    """A command cannot do what was asked; the message says why, for a person.

    Attributes:
        code: The exit code.
    """

    def __init__(self, message: str, *, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what may go wrong outside of us into a `CommandError`.

    Raises:
        CommandError: In place of what a server, the network or the settings did.
    """
    import asyncpg
    from aiokafka.errors import KafkaError

    from services.cli.answers import ClientError, RefusedError
    from services.cli.stack.server import StackError
    from services.runtime.logs import describe
    from services.runtime.migrations import ClockMismatchError, MigrationError
    from services.runtime.postgres import PostgresAwayError

    known = (ClientError, StackError, MigrationError, ClockMismatchError, PostgresAwayError)
    try:
        yield
    except RefusedError as error:
        raise CommandError(problem_line(error.members, error.status), code=REFUSED) from error
    except known as error:
        raise CommandError(str(error)) from error
    except (asyncpg.PostgresError, KafkaError) as error:
        raise CommandError(describe(error)) from error
    except KeyboardInterrupt as error:
        raise CommandError("interrupted", code=INTERRUPTED) from error


def problem_line(members: Mapping[str, Any], status: int) -> str:
    """Say a problem (RFC 9457) in one line: what is wrong, each field at fault, what is allowed."""
    kind = str(members.get("type", "")).rpartition("/")[2] or str(status)
    faults = members.get("errors") or ()
    said = [f"{fault['field']} {fault['message']}" for fault in faults[:_MOST_FAULTS]]
    if len(faults) > _MOST_FAULTS:
        said.append(f"and {len(faults) - _MOST_FAULTS} more")
    detail = "; ".join(said) or str(members.get("detail") or members.get("title") or status)
    allowed = members.get("allowed")
    listed = ", ".join(map(str, allowed)) if isinstance(allowed, list) else ""
    beside = f" Allowed: {listed}." if listed else ""
    return " ".join(f"{detail} ({kind}){beside}".split())
