"""Shows a running demo: a live table on a terminal, else a line for each change."""

import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live

from services.cli.demo.board import Board
from services.cli.demo.case import Case
from services.cli.demo.table import Style, Totals, live_table, plain_line

_PICTURE_WIDTH, _PICTURE_LINES = 140, 30
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # fetched from another host
_FONTS = 'ui-monospace, "Cascadia Mono", "Noto Sans Mono CJK SC", monospace'
_MOST_LINES = 60  # of the table that stays behind


class Show:
    """What the audience sees; to be used as a context."""

    def __init__(
        self, board: Board, style: Style, console: Console, *, totals: Callable[[], Totals]
    ) -> None:
        """Prepare.

        Args:
            board: The incidents.
            style: How to show them.
            console: Where to.
            totals: Gives what stands around the rows now.
        """
        self._board = board
        self._style = style
        self._console = console
        self._totals = totals
        self._states: dict[str, str] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._console.print(self._drawing(_MOST_LINES))

    def draw(self) -> None:
        """Draw the table as it stands now."""
        if self._live is not None:
            self._live.update(self._drawing(), refresh=True)

    def tell(self, case: Case) -> None:
        """Say that an incident came to another state, where there is no table."""
        if self._live is not None or self._states.get(case.number) == case.name:
            return
        self._states[case.number] = case.name
        now = self._totals().now
        self._console.print(plain_line(self._board.row_of(case), now, self._style))

    def picture(self) -> str:
        """Draw the table as it stands now as SVG that needs nothing from elsewhere."""
        console = Console(
            record=True, width=_PICTURE_WIDTH, file=StringIO(), color_system="truecolor"
        )
        console.print(self._drawing(_PICTURE_LINES))
        drawn = console.export_svg(title="make demo")
        return _FONT.sub("", drawn).replace("Fira Code, monospace", _FONTS)

    def _drawing(self, lines: int | None = None) -> RenderableType:
        style = replace(self._style, lines=lines or self._console.height)
        return live_table(self._board.rows(), self._totals(), style)
