"""What a server of the stack is to those who use it, whoever runs it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Progress = Callable[[str], None]
"""Takes one line of plain text about what is being done; called from several threads."""


class StackError(Exception):
    """The stack cannot be started: the first line says why, the end of a log may follow."""


class AddressTakenError(StackError):
    """The port was taken between choosing and using it."""


class StoppedError(StackError):
    """The start was called off."""


class Server(Protocol):
    """A Kafka or a Postgres, ours or somebody else's."""

    @property
    def address(self) -> str:
        """What clients connect to, ``host:port``."""
        ...

    @property
    def pid(self) -> int | None:
        """Process id of the running server; None when it does not run or is not ours."""
        ...

    def stop(self) -> None:
        """End it in order, within a bound; does nothing when it does not run or is not ours."""
        ...

    def kill(self) -> None:
        """SIGKILL it with all its processes and wait until they are gone."""
        ...

    def pause(self) -> None:
        """SIGSTOP all its processes: connections stay open and nothing answers."""
        ...

    def resume(self) -> None:
        """Let it go on after a pause."""
        ...

    def restart(self) -> None:
        """Start it again on the same address and data, stopping it before if it runs."""
        ...

    def close(self) -> None:
        """Stop it and give its directory up: it cannot be started again through this handle."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """A server that somebody else runs: it is used, never started, stopped or harmed."""

    address: str

    @property
    def pid(self) -> None:
        """None: its processes are not ours."""
        return

    def stop(self) -> None:
        """Do nothing: it stays for the others who use it."""

    def kill(self) -> None:
        """Refuse.

        Raises:
            StackError: Always.
        """
        raise StackError(f"{self.address} is not ours to kill, pause or restart")

    close = stop
    pause = resume = restart = kill
