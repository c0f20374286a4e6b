"""Ports on the loopback interface."""

import secrets
import socket

from services.cli.stack.server import Progress, StackError

LOOPBACK = "127.0.0.1"
_FIRST, _COUNT, _TRIES = 20_000, 10_000, 50


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: TIME_WAIT is no owner
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(wanted: int, *, name: str, progress: Progress) -> int:
    """Return the wanted port if it is free, else say so and return another.

    Other ports come from 20000-29999, below the range the kernel takes for outgoing connections:
    there, a client that keeps calling while its server is down can end up connected to itself and
    hold the port.

    Args:
        wanted: The port to prefer; 0 for any.
        name: What it is for, in the progress line.
        progress: Told when the wanted port is taken.

    Raises:
        StackError: No free port was found.
    """
    if wanted and is_free(wanted):
        return wanted
    for _ in range(_TRIES):
        port = _FIRST + secrets.randbelow(_COUNT)
        if is_free(port):
            if wanted:
                progress(f"{name}: port {wanted} is taken, using {port}")
            return port
    raise StackError(f"{name}: no free port found between {_FIRST} and {_FIRST + _COUNT}")
