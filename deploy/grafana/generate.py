"""Writes the dashboards: `python -m deploy.grafana.generate`."""

import json
from pathlib import Path

from deploy.grafana.building import build
from deploy.grafana.compliance import COMPLIANCE
from deploy.grafana.delivery import DELIVERY
from deploy.grafana.machinery import MACHINERY
from deploy.grafana.present import NOW

FOLDER = Path(__file__).with_name("dashboards")
DASHBOARDS = (NOW, COMPLIANCE, DELIVERY, MACHINERY)


def texts() -> dict[Path, str]:
    """Return what each file is to hold."""
    return {
        FOLDER / f"{dashboard.uid}.json": json.dumps(build(dashboard), ensure_ascii=False, indent=1)
        + "\n"
        for dashboard in DASHBOARDS
    }


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
