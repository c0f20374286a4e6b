"""The OpenAPI documents of the three services, without a server: the pages' types are made of them.

`python -m tests.contract.openapi_documents FOLDER` writes `intake.json`, `dispatcher.json` and
`notifier.json`. Routes are described by their signatures alone: mocks stand in for what they would
work with.
"""

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from services.dispatcher.api import app as dispatcher
from services.dispatcher.wiring.routing import routers
from services.intake.api import openapi as intake
from services.notifier.wiring import building as notifier
from services.notifier.wiring.extensions import extend
from services.runtime.auth import bearer


def documents() -> dict[str, dict[str, Any]]:
    """Give each service's document, by its name."""
    base = MagicMock()
    base.caller = bearer(MagicMock())  # its signature is read, too
    notifying = notifier._app(base, MagicMock(), extend(base))
    return {
        "intake": json.loads(intake.text()),
        "dispatcher": dispatcher.build(routers(MagicMock())).openapi(),
        "notifier": notifying.openapi(),
    }


if __name__ == "__main__":
    for name, document in documents().items():
        (Path(sys.argv[1]) / f"{name}.json").write_text(json.dumps(document))
