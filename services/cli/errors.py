"""What goes wrong in a command: one line on stderr, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

FAILED, INTERRUPTED = 1, 130


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

    from services.cli.answers import ClientError
    from services.cli.stack.server import StackError
    from services.runtime.logs import describe
    from services.runtime.migrations import ClockMismatchError, MigrationError
    from services.runtime.postgres import PostgresAwayError

    known = (ClientError, StackError, MigrationError, ClockMismatchError, PostgresAwayError)
    try:
        yield
    except known as error:
        raise CommandError(str(error)) from error
    except (asyncpg.PostgresError, KafkaError) as error:
        raise CommandError(describe(error)) from error
    except KeyboardInterrupt as error:
        raise CommandError("interrupted", code=INTERRUPTED) from error
