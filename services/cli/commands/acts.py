"""The acts by name, each made from its row in the table: `d115 acknowledge ID`, ..."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import typer

from services.cli.incidents.acts import ACTS, COMMON, Act, Field, Form
from services.cli.options import DATA, As, AsJson, Data, KeyFile, Url, reached, reached_as, told

_PANEL = "About any act"
_TYPES: dict[Form, Any] = {
    Form.TEXT: str | None,
    Form.NUMBER: int | None,
    Form.FLAG: bool | None,
    Form.CODES: list[str] | None,
    Form.FIELDS: list[str] | None,
    Form.POST: str | None,
}

_REQUIRED: dict[Form, Any] = {Form.NUMBER: int, Form.FLAG: bool, Form.CODES: list[str]}

Which = Annotated[UUID, typer.Argument(help="The incident's id.")]
Once = Annotated[str | None, typer.Option(help="Idempotency key: the same act twice is done once.")]


def register(app: typer.Typer) -> None:
    """Add a command for each act."""
    for act in ACTS.values():
        app.command(act.name, help=act.about, rich_help_panel="Acts")(_command(act))


def _command(act: Act) -> Callable[..., None]:
    def command(  # noqa: PLR0913  # options of a command line, each by its name
        *,
        incident: UUID,
        key: str | None,
        url: Url,
        key_file: KeyFile,
        data: Data,
        holder: As,
        as_json: AsJson,
        **fields: object,
    ) -> None:
        with told():
            from services.cli.incidents.acting import act_on, usual_actor
            from services.runtime import codec

            if key_file is None and holder is None:
                whom = usual_actor(act, incident, data=data, whom=reached(data, url, None))
            else:
                whom = reached_as(data, url, key_file, holder=holder, usual="operator")
            done = act_on(act, incident, fields, whom=whom, key=key)
            if as_json:
                typer.echo(codec.encode(done).decode())
            else:
                beside = "" if done.changed else " (as before)"
                typer.echo(f"{done.id}  {done.state}  version {done.version}{beside}")

    command.__name__ = act.name.replace("-", "_")
    command.__doc__ = act.about
    signature = inspect.Signature([*_parameters(act)])
    command.__signature__ = signature  # type: ignore[attr-defined]  # typer reads its options here
    command.__annotations__ = {
        name: parameter.annotation for name, parameter in signature.parameters.items()
    }
    return command


def _parameters(act: Act) -> list[inspect.Parameter]:
    options = [_parameter("incident", Which, inspect.Parameter.empty)]
    options += [_option(field, panel=None) for field in act.fields]
    options += [_option(field, panel=_PANEL) for field in COMMON]
    options += [
        _parameter("key", Once, None),
        _parameter("url", Url, None),
        _parameter("key_file", KeyFile, None),
        _parameter("holder", As, None),
        _parameter("data", Data, DATA),
        _parameter("as_json", AsJson, default=False),
    ]
    return options


def _option(field: Field, *, panel: str | None) -> inspect.Parameter:
    name = f"--{field.name.replace('_', '-')}"
    names = [name, f"--no-{name[2:]}"] if field.form is Form.FLAG else [name]
    kind = _TYPES[field.form]
    option = typer.Option("/".join(names), help=field.about, rich_help_panel=panel)
    default: object = None
    if field.required:
        default = inspect.Parameter.empty
        kind = _REQUIRED.get(field.form, str)
    return _parameter(field.name, Annotated[kind, option], default)


def _parameter(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
