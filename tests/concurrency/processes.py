"""Real workers and brokers in processes of their own, which a test may kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds
PROGRAMS = os.environ.get("PATH", "") + ":/usr/sbin"


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Return as soon as ``condition`` holds; fail the test with ``what`` was awaited if it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Say whether somebody accepts connections on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name: str) -> str | None:
    """Return the path of a server's program, also from where ordinary users do not look."""
    return shutil.which(name, path=PROGRAMS)


@dataclass(slots=True)
class Processes:
    """The processes of one test, each the leader of a group of its own; they write to files in ``folder``."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start ``command`` with nothing but ``environment`` and the search path."""
        with (self.folder / f"process-{len(self.started)}.log").open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env={"PATH": PROGRAMS, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if "tests.concurrency.keeper" in command else log,
                stderr=log,
                start_new_session=True,
                text=True,
            )
        self.started.append(process)
        return process

    def end(self) -> None:
        """Kill whatever is left of every group."""
        for process in self.started:
            kill(process)
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()

    def log(self, process: subprocess.Popen[str]) -> str:
        """Return what ``process`` has written so far."""
        return (self.folder / f"process-{self.started.index(process)}.log").read_text()


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a process and its children with SIGKILL, as the kernel or a power cut would."""
    with suppress(ProcessLookupError):  # all of the group has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def database_url() -> str:
    """Return the address of the test database for other processes."""
    place = connection.settings_dict
    user, password, host, name = (
        quote(str(place[key]), safe="") for key in ("USER", "PASSWORD", "HOST", "NAME")
    )
    return f"postgres://{user}:{password}@{host}:{place['PORT']}/{name}"


@dataclass(slots=True)
class Stage:
    """A broker, a database, and the means to start workers and to ask for jobs."""

    processes: Processes
    broker_url: str
    keeper: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "mhep.settings.dev",
            "DATABASE_URL": database_url(),
            "CELERY_BROKER_URL": self.broker_url,
            "MHEP_DATA": str(self.processes.folder),
        }

    def start_worker(self) -> subprocess.Popen[str]:
        """Start a worker with one child, and return when it takes messages."""
        worker = self.processes.start(
            [
                *(sys.executable, "-m", "celery", "--app", "mhep.celery", "worker"),
                *("--include", "tests.concurrency.crash_tasks", "--concurrency", "1", "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            self.environment,
        )

        def is_ready() -> bool:
            assert worker.poll() is None, self.processes.log(worker)
            return " ready." in self.processes.log(worker)

        wait_for(is_ready, "a worker that takes messages")
        return worker

    def ask(self, task: str, subject: str, **arguments: Any) -> float:
        """Ask for a job, from a process that sweeps from now on; return the seconds that asking took."""
        if self.keeper is None:
            command = [sys.executable, "-m", "tests.concurrency.keeper"]
            self.keeper = self.processes.start(command, self.environment)
        assert self.keeper.stdin is not None
        assert self.keeper.stdout is not None
        wish = {"task": task, "subject": subject, "arguments": {"subject": subject, **arguments}}
        self.keeper.stdin.write(json.dumps(wish) + "\n")
        self.keeper.stdin.flush()
        return float(self.keeper.stdout.readline())
