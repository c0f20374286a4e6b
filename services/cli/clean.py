"""Removes the data of `d115 demo` and `d115 up`: `python -m services.cli.clean [DIRECTORY]`."""

import sys
from pathlib import Path

from services.cli.stack.stack import DEFAULT_DIRECTORY, remove

if __name__ == "__main__":
    remove(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_DIRECTORY)
