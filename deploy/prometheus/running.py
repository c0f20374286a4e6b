"""Debian's Prometheus, beside whatever runs here: its settings, its start and its end."""

import asyncio
import json
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from services.cli.stack.ports import LOOPBACK, choose
from services.runtime.clock import SystemClock

HERE = Path(__file__).parent
PACKAGE = "prometheus"
PORT = 9115
START_SECONDS, STOP_SECONDS = 20.0, 5.0
_POLL_SECONDS = 0.1


class MissingError(Exception):
    """Prometheus is not installed on this machine, or did not start; says what to do."""


def settings(targets: Mapping[str, str], *, every: str) -> str:
    """Return the settings as text (JSON, which is YAML too).

    Args:
        targets: The ops address of each job: `{"d115": "127.0.0.1:9115"}`.
        every: How often to scrape and to look at the rules: `5s`.
    """
    return json.dumps(
        {
            "global": {"scrape_interval": every, "evaluation_interval": every},
            "rule_files": [str(HERE / "rules" / "*.yaml")],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [address]}]}
                for job, address in targets.items()
            ],
        },
        indent=1,
    )


@asynccontextmanager
async def open_prometheus(
    targets: Mapping[str, str], *, every: str = "5s", port: int = PORT
) -> AsyncIterator[str]:
    """Run Prometheus with our rules, and give its address; what it stored goes with it.

    Args:
        targets: As for `settings`.
        every: As for `settings`.
        port: The port to prefer; 0 for any.

    Raises:
        MissingError: It is not installed, or did not become ready in time.
    """
    found = shutil.which(PACKAGE)
    if found is None:
        raise MissingError(f"{PACKAGE} is not installed: on Debian, apt-get install {PACKAGE}")
    address = f"{LOOPBACK}:{choose(port, name=PACKAGE, progress=print)}"
    with tempfile.TemporaryDirectory(prefix="d115-prometheus-") as folder:
        file = Path(folder, "prometheus.yaml")
        file.write_text(settings(targets, every=every), encoding="utf-8")  # noqa: ASYNC240  # a page, before anything runs
        process = await asyncio.create_subprocess_exec(
            found,
            f"--config.file={file}",
            f"--storage.tsdb.path={folder}/data",
            "--storage.tsdb.retention.time=2d",
            f"--web.listen-address={address}",
            "--enable-feature=exemplar-storage",
            "--log.level=error",
            stdin=DEVNULL,
            stdout=DEVNULL,
        )
        try:
            await _await_ready(process, f"http://{address}")
            yield f"http://{address}"
        finally:
            await _stop(process)


async def _await_ready(process: Process, url: str) -> None:
    clock = SystemClock()
    deadline = clock.monotonic() + START_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while process.returncode is None and clock.monotonic() < deadline:
            try:
                async with session.get(f"{url}/-/ready") as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # it does not listen yet
            await clock.sleep(_POLL_SECONDS)
    raise MissingError(f"{PACKAGE} was not ready within {START_SECONDS:g} s; it says why above")


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
