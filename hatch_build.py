"""Builds the pages into the wheel, so that whoever installs it needs no Node.js.

An editable install has none: it serves what `make web` built. A wheel made from a source
distribution has nothing to build: that brings the built pages along.
"""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "web/dist"
SERVED = "services/dispatcher/pages"


class Pages(BuildHookInterface):
    """Runs before a distribution is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages and put them in.

        Args:
            version: `editable` or `standard`.
            build_data: What hatchling puts together; `force_include` is added to.

        Raises:
            subprocess.CalledProcessError: The pages could not be built.
        """
        if version == "editable":
            return
        root = Path(self.root)
        if (root / "web/package.json").exists():
            _build(root)
        place = SERVED if self.target_name == "wheel" else BUILT
        build_data["force_include"][str(root / BUILT)] = place


def _build(root: Path) -> None:
    npm = [str(root / "deploy/local/node.sh"), "--prefix", str(root / "web")]
    subprocess.run([*npm, "ci"], check=True)  # noqa: S603  # our own script
    subprocess.run([*npm, "run", "build"], check=True)  # noqa: S603  # our own script
