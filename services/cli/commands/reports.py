"""`d115 report`: the weekly bulletin."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import DATA, AsJson, Data, KeyFile, Url, reached_as, told

if TYPE_CHECKING:
    from services.cli.report import Form


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(  # noqa: PLR0913  # options of a command line, each by its name
    week: Annotated[str, typer.Argument(help="The ISO week, such as 2026-W10.")],
    file: Annotated[
        Path | None, typer.Option("--out", help="Where to; .html and .xlsx say as what.")
    ] = None,
    *,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="By this moment, with offset; else by now.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Write the bulletin (通报) of a week: JSON, a page to print, or a workbook."""
    with told():
        from services.cli.report import Form, fetch_report, put_report

        form = Form.JSON if as_json else _form_of(file, Form)
        whom = reached_as(data, url, key_file, holder=None, usual="supervisor")
        put_report(fetch_report(whom, week, form=form, as_of=as_of), file)


def _form_of(file: Path | None, forms: "type[Form]") -> "Form":
    ending = "" if file is None else file.suffix.removeprefix(".").lower()
    return next((form for form in forms if form.value == ending), forms.JSON)
