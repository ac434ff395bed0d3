"""Child processes that are kept alive, and found again by the next start if this one is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mhep.processes import started_at, stop_group

LONGEST_PAUSE = 30.0  # seconds between two attempts
STEADY = 60.0  # seconds; a child that lived so long begins again without a pause
# Seconds between asking a child to end and killing it. A worker needs about six even when it is idle; one
# that is killed loses nothing, as its jobs are rows that the next worker finds.
GRACE = 4.0
ORPHAN_GRACE = 2.0  # the same for what a killed supervisor left


def say(words: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Child:
    """One program that is to run until we stop it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[str] | None = None
    reader: threading.Thread | None = None
    started: float = 0.0
    failures: int = 0
    next_attempt: float = 0.0


@dataclass(slots=True)
class Family:
    """
    The children of one supervisor, each noted in ``folder`` by its number and the moment it started.

    The note lets a later supervisor end what this one left behind, and nobody else's process.
    """

    folder: Path
    checkout: Path
    children: list[Child] = field(default_factory=list)

    def stop_leftovers(self) -> list[str]:
        """End what a killed supervisor left running; return its names."""
        self.folder.mkdir(parents=True, exist_ok=True)
        left = []
        for note in sorted(self.folder.glob("*.pid")):
            pid, _, since = note.read_text().partition(" ")
            if pid.isdigit() and since and started_at(int(pid)) == since:
                stop_group(int(pid), grace=ORPHAN_GRACE)
                left.append(note.stem)
            note.unlink()
        return left

    def add(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self.children.append(child)
        self._start(child)

    def run_to_end(self, *together: Child) -> list[str]:
        """Run some children at the same time and to their end; return the names of those that failed."""
        self.children += together
        processes = [(child, self._start(child)) for child in together]
        failed = [child.name for child, process in processes if process.wait() != 0]
        for child in together:
            self._end(child)
            self.children.remove(child)
        return failed

    def revive(self) -> None:
        """Start again every child that has died, the later the more often it did."""
        for child in self.children:
            if child.process and started_at(child.process.pid) is None:
                self._end(child)
                self._put_off(child)
            if child.process is None and time.monotonic() >= child.next_attempt:
                self._start(child)

    def stop(self) -> None:
        """End all children at once, and wait for them."""
        endings = [threading.Thread(target=self._end, args=[child]) for child in self.children]
        for ending in endings:
            ending.start()
        for ending in endings:
            ending.join()
        self.children.clear()

    def _start(self, child: Child) -> subprocess.Popen[str]:
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603
            child.command,
            cwd=self.checkout,
            env=child.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._note(child).write_text(f"{child.process.pid} {started_at(child.process.pid)}")
        if child.process.stdout:
            child.reader = threading.Thread(
                target=_pass_on, args=[child.name, child.process.stdout], daemon=True
            )
            child.reader.start()
        return child.process

    def _put_off(self, child: Child) -> None:
        """Decide when a child that ended by itself may begin again."""
        steady = time.monotonic() - child.started > STEADY
        child.failures = 1 if steady else child.failures + 1
        pause = 0.0 if steady else min(2.0 ** (child.failures - 1), LONGEST_PAUSE)
        child.next_attempt = time.monotonic() + pause
        say(f"{child.name} ended by itself; starting it again in {pause:.0f} s.")

    def _end(self, child: Child) -> None:
        """End a child with all that it started. It is collected last: until then its number stays its own."""
        if child.process is None:
            return
        stop_group(child.process.pid, grace=GRACE)
        child.process.wait()
        child.process = None
        if child.reader:
            child.reader.join(timeout=1)
        self._note(child).unlink(missing_ok=True)

    def _note(self, child: Child) -> Path:
        return self.folder / f"{child.name}.pid"


def _pass_on(name: str, stream: IO[str]) -> None:
    """Print what a child says, each line under its name; empty lines are left out."""
    with stream:
        for line in filter(str.strip, stream):
            say(f"  {name:<8} | {line.rstrip()}")
