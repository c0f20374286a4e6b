"""`d115 send` and `d115 watch`: report an alert, follow it, look at a center's board."""

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from services.cli.errors import USAGE, CommandError
from services.cli.options import DATA, As, AsJson, Data, KeyFile, Speak, Url, reached_as, told
from services.cli.texts import Language, text

if TYPE_CHECKING:
    from services.cli.client import Client
    from services.cli.incidents.sending import Wanted
    from services.cli.reach import Reached


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(send)
    app.command()(watch)
    app.command()(away)
    app.command()(back)


def send(  # noqa: PLR0913  # options of a command line, each by its name
    said: Annotated[str | None, typer.Argument(metavar="TEXT", help="What happened.")] = None,
    *,
    place: Annotated[
        str | None, typer.Option("-p", "--place", help="Where: a code, or names: 禾岭家居/3号楼.")
    ] = None,
    category: Annotated[
        str | None, typer.Option("-k", "--category", help="What it is: 打架, quarrel, ...")
    ] = None,
    severity: Annotated[
        str | None, typer.Option("-l", "--severity", help="红 橙 黄 蓝, or red ...")
    ] = None,
    caller: Annotated[
        str | None, typer.Option("-c", "--caller", help="Name and telephone.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="NUMBER or NUMBER/ORDER; the same again is the same alert.")
    ] = None,
    reported_at: Annotated[
        str | None, typer.Option(help="When the call was taken, with its zone.")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="The code of a kind of the directory.")
    ] = "police-alert",
    status: Annotated[str, typer.Option(help="actual, exercise or test.")] = "actual",
    follow: Annotated[
        bool, typer.Option("--watch", help="Follow it live until it is over.")
    ] = False,
    url: Url = None,
    key_file: KeyFile = None,
    holder: As = None,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
    data: Data = DATA,
) -> None:
    """Report an alert as a station does; what is left out is asked for on a terminal."""
    with told():
        from services.cli.incidents.sending import Wanted

        fields = {"text": said, "place": place, "severity": severity}
        asking = None in fields.values()
        asked = _ask(fields, lang)
        wanted = Wanted(
            text=asked["text"],
            place=asked["place"],
            severity=asked["severity"],
            category=_ask_more("category", category, lang, asking=asking),
            caller=_ask_more("caller", caller, lang, asking=asking),
            reference=reference,
            kind=kind,
            status=status,
            more={} if reported_at is None else {"reported_at": reported_at},
        )
        whom = reached_as(data, url, key_file, holder=holder, usual="station")
        code = _send(wanted, whom, lang, as_json=as_json, follow=follow)
    raise typer.Exit(code)


def watch(  # noqa: PLR0913  # options of a command line, each by its name
    which: Annotated[
        str | None,
        typer.Argument(metavar="[CENTER|ID]", help="A center's board, or one incident; else all."),
    ] = None,
    *,
    url: Url = None,
    key_file: KeyFile = None,
    holder: As = None,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
    data: Data = DATA,
) -> None:
    """Watch an incident with its clocks until it is over, or the boards of centers until Ctrl-C."""
    with told():
        whom = reached_as(data, url, key_file, holder=holder, usual="supervisor")
        code = _watch(which, whom, lang, as_json=as_json)
    raise typer.Exit(code)


Center = Annotated[str, typer.Argument(help="The center whose desk it is.")]
Until = Annotated[str | None, typer.Option(help="Until when, with its zone; else as is usual.")]
Person = Annotated[str | None, typer.Option(help="Who, by their code.")]


def away(  # noqa: PLR0913  # options of a command line, each by its name
    center: Center,
    *,
    until: Until = None,
    person: Person = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
    data: Data = DATA,
) -> None:
    """Leave the desk (离席): alerts ring the deputy at once."""
    with told():
        whom = reached_as(data, url, key_file, holder=None, usual=f"operator:{center}")
        _sit(whom, center, "away", {"until": until, "person": person}, as_json=as_json)


def back(  # noqa: PLR0913  # options of a command line, each by its name
    center: Center,
    *,
    until: Until = None,
    person: Person = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
    data: Data = DATA,
) -> None:
    """Be back at the desk."""
    with told():
        whom = reached_as(data, url, key_file, holder=None, usual=f"operator:{center}")
        _sit(whom, center, "back", {"until": until, "person": person}, as_json=as_json)


def _sit(
    whom: "Reached", center: str, verb: str, said: dict[str, str | None], *, as_json: bool
) -> None:
    from services.cli.calling import call
    from services.cli.client import Ask
    from services.cli.incidents.watching import put

    body = {name: value for name, value in said.items() if value is not None}
    path = f"/v1/centers/{center}/{verb}"
    answer = call(whom, lambda client: client.ask(Ask(method="POST", path=path, body=body)))
    if as_json:
        put(answer)
    else:
        typer.echo(f"{answer['center']}  {'away' if answer['away'] else 'at the desk'}")


def _ask(fields: dict[str, str | None], lang: Language) -> dict[str, str]:
    """Ask for what must be given and is missing, where somebody is there to answer.

    Raises:
        CommandError: Nobody is; the code is 2.
    """
    missing = [name for name, value in fields.items() if value is None]
    if missing and not sys.stdin.isatty():
        raise CommandError(f"say what is missing: {', '.join(missing)}", code=USAGE)
    return {
        name: typer.prompt(text(f"ask_{name}", lang), err=True) if value is None else value
        for name, value in fields.items()
    }


def _ask_more(name: str, given: str | None, lang: Language, *, asking: bool) -> str | None:
    """Ask for what may be given, if anything was asked for at all."""
    if given is None and asking:
        given = typer.prompt(text(f"ask_{name}", lang), default="", err=True)
    return given or None


def _send(wanted: "Wanted", whom: "Reached", lang: Language, *, as_json: bool, follow: bool) -> int:
    from services.cli.calling import call
    from services.cli.incidents.sending import prepare
    from services.cli.incidents.watching import Manner, put, watch_incident
    from services.runtime.clock import SystemClock

    async def run(client: "Client") -> int:
        body = await prepare(client, wanted, clock=SystemClock())
        name = "{number}/{order}".format(**body["reference"])
        sys.stderr.write(text("reference", lang).format(reference=name) + "\n")
        accepted = await client.send_alert(body)
        manner = Manner(language=lang, as_json=as_json)
        if as_json:
            put({"id": accepted.id, "received_at": accepted.received_at, "reference": name})
        else:
            time = manner.time(accepted.received_at)
            typer.echo(text("accepted_at", lang).format(time=time, id=accepted.id))
        return await watch_incident(client, accepted.id, manner) if follow else 0

    return call(whom, run)


def _watch(which: str | None, whom: "Reached", lang: Language, *, as_json: bool) -> int:
    from services.cli.calling import call
    from services.cli.incidents.boards import watch_boards
    from services.cli.incidents.watching import Manner, watch_incident

    manner = Manner(language=lang, as_json=as_json)

    async def run(client: "Client") -> int:
        incident = _id(which)
        if incident is not None:
            return await watch_incident(client, incident, manner)
        centers = [which] if which else await _centers(client)
        await watch_boards(client, centers, manner)
        return 0

    return call(whom, run)


async def _centers(client: "Client") -> list[str]:
    shown = await client.get("/v1/directory")
    return [entry["code"] for entry in shown["directory"]["centers"]]


def _id(text_: str | None) -> UUID | None:
    try:
        return None if text_ is None else UUID(text_)
    except ValueError:
        return None
