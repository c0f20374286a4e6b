"""Who confirms receipt: a desk that shows and sounds it, or a program of the center's own."""

from datetime import datetime
from uuid import UUID

from incident.errors import DeskNotOnShift
from incident.shift import check_receipt
from services.dispatcher.access import AccessRefusedError, Refused
from services.dispatcher.handlers.shifts import is_session, only_shows
from services.dispatcher.ports import Work
from services.runtime.auth import Principal


async def check_desk(caller: Principal, desk: UUID | None, *, work: Work, now: datetime) -> None:
    """Let a caller confirm receipt, from a desk or with a key of its own.

    Raises:
        DeskNotOnShift: The desk has no operator on shift, or a person signed in named none.
        DeskSilent: It cannot be heard.
        AccessRefusedError: A wall display confirms nothing.
    """
    if only_shows(caller):
        raise AccessRefusedError(Refused.FORBIDDEN)
    if desk is None:
        if is_session(caller):
            raise DeskNotOnShift("a person signed in names the desk that confirms receipt")
        return
    console = await work.find_console(caller.organisation, desk, now=now)
    check_receipt(console, person=caller.person)
