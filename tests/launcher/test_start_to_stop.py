"""``make run`` from nothing to the site, through a kill, to a stop that leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhep.local_postgres import Home
from mhep.processes import started_at, wait_until
from mhep.supervision import Family

CHECKOUT = Path(__file__).resolve().parents[2]
READY_WITHIN = 240.0  # seconds, demo data included, on a busy machine


class Start:
    """One run of ``python -m mhep.run``, with what it printed."""

    def __init__(self, data: Path, port: int) -> None:
        self.printed = data / f"printed-{port}-{len(list(data.glob('printed-*')))}"
        environment = {**os.environ, "MHEP_DATA": str(data), "PORT": str(port), "DATABASE_URL": ""}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        with self.printed.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mhep.run"],
                cwd=CHECKOUT,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.printed.read_text()

    def is_ready(self) -> bool:
        return "MHEP is ready" in self.said() or self.process.poll() is not None


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mhep-test-") as folder:
        yield Path(folder).resolve()
        Family(Path(folder) / "running", CHECKOUT).stop_leftovers()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def noted_children(data: Path) -> dict[str, int]:
    return {note.stem: int(note.read_text().split()[0]) for note in (data / "running").glob("*.pid")}


@pytest.mark.timeout(600)
def test_a_start_survives_kill_9_and_a_stop_leaves_nothing_running(data: Path) -> None:
    port = free_port()
    first = Start(data, port)
    assert wait_until(first.is_ready, seconds=READY_WITHIN, every=0.2), first.said()
    assert f"http://127.0.0.1:{port}" in first.said(), first.said()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        assert answer.status == 200
    left = noted_children(data)
    assert set(left) == {"web", "worker", "schedule"}

    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    second = Start(data, port)
    assert wait_until(second.is_ready, seconds=READY_WITHIN, every=0.2), second.said()
    assert "Ended what an earlier start left running: schedule, web, worker." in second.said()
    assert "was still running" in second.said()
    assert [name for name, pid in left.items() if started_at(pid)] == []

    running = noted_children(data)
    database = Home(data / "postgres").postmaster()
    os.kill(second.process.pid, signal.SIGTERM)
    assert second.process.wait(timeout=30) == 0
    assert second.said().endswith("Stopped.\n")
    assert "Traceback" not in second.said()
    assert [name for name, pid in running.items() if started_at(pid)] == []
    assert database is not None
    assert started_at(database) is None
