"""A demo to walk through: the one that runs, or one of our own that ends with the journey."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mhep.local_postgres import data_folder
from mhep.processes import wait_until

CHECKOUT = Path(__file__).resolve().parents[2]
USUAL = "http://127.0.0.1:8000"
READY_WITHIN = 240.0  # seconds, demo data included, on a busy machine
STOPPED_WITHIN = 30.0


class NoDemo(Exception):
    """There is no demo to walk through; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where a demo is, and the password of everybody in it."""

    site: str
    password: str


@contextmanager
def a_demo() -> Iterator[Demo]:
    """
    Give the demo at ``MHEP_URL``, or the usual address; where none answers, start one and stop it afterwards.

    :raises NoDemo: if ``MHEP_URL`` names one that does not answer, or none can be started.
    """
    given = os.environ.get("MHEP_URL")
    site = (given or USUAL).rstrip("/")
    if _answers(site):
        yield Demo(site, _password(data_folder()))
    elif given:
        raise NoDemo(f"Nothing answers at {site}. Start the demo there, or unset MHEP_URL.")
    else:
        with tempfile.TemporaryDirectory(prefix="mhep-journey-") as folder:
            yield from _started(Path(folder).resolve())


def _started(data: Path) -> Iterator[Demo]:
    """Run a demo in an empty data folder for as long as it is needed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    site, printed = f"http://127.0.0.1:{port}", data / "printed"
    environment = {**os.environ, "MHEP_DATA": str(data), "PORT": str(port), "DATABASE_URL": ""}
    with printed.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "mhep.run"],
            cwd=CHECKOUT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        ended = wait_until(
            lambda: process.poll() is not None or "MHEP is ready" in printed.read_text(),
            seconds=READY_WITHIN,
            every=0.2,
        )
        if not ended or process.poll() is not None:
            raise NoDemo(f"The demo did not start:\n{printed.read_text()}")
        yield Demo(site, _password(data))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOPPED_WITHIN)


def _answers(site: str) -> bool:
    try:
        with urllib.request.urlopen(f"{site}/healthz", timeout=5) as answer:  # noqa: S310 - as the caller asked
            return bool(answer.status == 200)
    except OSError:
        return False


def _password(data: Path) -> str:
    given = os.environ.get("MHEP_PASSWORD")
    file = data / "demo-password"
    if given is None and not file.exists():
        raise NoDemo(f"There is no {file}. Set MHEP_PASSWORD to the password that the demo printed.")
    return given or file.read_text().strip()
