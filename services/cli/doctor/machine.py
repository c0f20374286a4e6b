"""This machine: room on its disk, and the keys that seal personal data."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from services.cli.doctor.findings import Finding, fail, fine, unseen, warn
from services.cli.instance import kept
from services.cli.instance.opening import FOLDER
from services.cli.reach import UP
from services.cli.stack.home import Home
from services.runtime.vault import Vault

LEAST_FREE_BYTES, ENOUGH_FREE_BYTES = 1 << 30, 5 << 30
DATA_KEYS, CONTACT_KEYS = "D115_DATA_KEYS", "NOTIFIER_CONTACT_KEYS"


def look_at_machine(data: Path) -> Iterator[Finding]:
    """Look at the disk, and at the keys of the environment or of `d115 up`."""
    yield _disk(data)
    present = kept.load(Home(path=data / FOLDER / UP, lock=-1))
    own = None if present is None else present.data_keys
    yield keys_finding(DATA_KEYS, os.environ.get(DATA_KEYS) or own)
    if os.environ.get(CONTACT_KEYS):
        yield keys_finding(CONTACT_KEYS, os.environ[CONTACT_KEYS])


def keys_finding(name: str, setting: str | None) -> Finding:
    """Judge a setting with keys, which is never shown."""
    check = f"keys.{name}"
    if not setting:
        do = f"set {name} here as the services have it, to have it looked at"
        return unseen(check, "not set here", do=do)
    try:
        Vault.from_setting(setting)
    except ValueError as error:
        do = "`d115 keys data` makes one; keep every key that anything was sealed with"
        return fail(check, str(error), do=do)
    return fine(check, f"{setting.count(',') + 1} present")


def _disk(data: Path) -> Finding:
    folder = data if data.exists() else Path()
    free = shutil.disk_usage(folder).free
    said = f"{free / (1 << 30):.1f} GiB free at {folder.resolve()}"
    do = "make room: Kafka and Postgres stop where a disk is full"
    if free < LEAST_FREE_BYTES:
        return fail("disk", said, do=do)
    if free < ENOUGH_FREE_BYTES:
        return warn("disk", said, do=do)
    return fine("disk", said)
