"""A bulletin as a page to print on A4, and as a workbook; neither runs anything nor loads any."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

import xlsxwriter

from services.notifier.payloads.bulletin_tables import (
    Cell,
    Table,
    definition_of,
    heading_of,
    standing_of,
    tables_of,
    words,
)
from services.notifier.payloads.bulletins import WeeklyBulletin

SHEET_NAME = 31
"""A sheet's name may be no longer."""

_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\：？", "-"))
_STYLE = """
@page { size: A4; margin: 18mm 15mm; }
body { font: 10.5pt/1.5 "Source Han Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  color: #111; max-width: 180mm; margin: 0 auto; }
h1 { font-size: 18pt; text-align: center; margin: 0 0 2mm; }
h2 { font-size: 12pt; margin: 5mm 0 1mm; break-after: avoid; }
.standing { text-align: center; font-weight: bold; margin: 0 0 3mm; }
dl { display: grid; grid-template-columns: 28mm 1fr; margin: 0; }
dt { color: #444; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; }
th, td { border: 0.5pt solid #666; padding: 0.8mm 1.5mm; text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; } tr { break-inside: avoid; }
.definition { font-size: 9pt; color: #333; margin-top: 5mm; }
""".strip()


def page_of(bulletin: WeeklyBulletin, names: Mapping[str, str]) -> str:
    """Write a page, whole in itself."""
    title = words()["title"]
    heading = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(said)}</dd>"
        for label, said in heading_of(bulletin, names)
    )
    tables = "\n".join(_table(table) for table in tables_of(bulletin, names))
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>{escape(title)} {escape(bulletin.week)}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p class="standing">{escape(standing_of(bulletin))}</p>
<dl>{heading}</dl>
{tables}
<p class="definition">{escape(definition_of(bulletin))}</p>
</body>
</html>
"""


def _table(table: Table) -> str:
    head, *rows = table.rows
    names = "".join(f"<th>{escape(_shown(cell))}</th>" for cell in head)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f"<h2>{escape(table.title)}</h2>\n<table><thead><tr>{names}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table>"
    )


def _cell(cell: Cell) -> str:
    number = isinstance(cell, int | float)
    return f"<td{' class=n' if number else ''}>{escape(_shown(cell))}</td>"


def _shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".")
    return "" if cell is None else str(cell)


def workbook_of(bulletin: WeeklyBulletin, names: Mapping[str, str]) -> bytes:
    """Write a workbook: the same bulletin gives the same bytes."""
    written = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(written, options)
    # Told to be made when it was issued: else it would say when it was written.
    book.set_properties({"title": words()["title"], "created": _naive(bulletin.issued_at)})
    bold = book.add_format({"bold": True})
    first = book.add_worksheet(words()["title"][:SHEET_NAME])
    first.set_column(0, 0, 16)
    first.set_column(1, 1, 60)
    top = [
        [words()["title"], standing_of(bulletin)],
        *heading_of(bulletin, names),
        ["", definition_of(bulletin)],
    ]
    _write(first, top, None)
    for place, table in enumerate(tables_of(bulletin, names), 1):
        sheet = book.add_worksheet(f"{place} {table.title}".translate(_FORBIDDEN)[:SHEET_NAME])
        sheet.set_column(0, 8, 18)
        _write(sheet, table.rows, bold)
    book.close()
    return written.getvalue()


def _write(
    sheet: "xlsxwriter.worksheet.Worksheet",
    rows: Sequence[Sequence[Cell]],
    head: "xlsxwriter.format.Format | None",
) -> None:
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, int | float):
                sheet.write_number(place, column, cell, head if place == 0 else None)
            elif cell:
                sheet.write_string(place, column, cell, head if place == 0 else None)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0)
