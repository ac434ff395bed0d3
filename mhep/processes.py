"""Which process is which: a number alone may belong to somebody else after a crash or a restart."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")


def started_at(pid: int) -> str | None:
    """
    Return a mark that no other process with this number ever shares, or None if none is running.

    A zombie (dead, not yet collected by its parent) counts as not running.
    """
    if PROC.is_dir():
        try:
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    state, _, since = _ps(pid, "state=,lstart=").strip().partition(" ")
    return since.strip() if state and not state.startswith("Z") else None


def command_line(pid: int) -> str:
    """Return what the process was started with, arguments separated by spaces; empty if it is gone."""
    if PROC.is_dir():
        try:
            return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    return _ps(pid, "command=")


def is_zombie(pid: int) -> bool:
    """Say whether the number is still taken by a process that is dead."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    return started_at(pid) is None


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Return True as soon as the condition holds, False if it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def stop_group(pid: int, *, grace: float) -> None:
    """Ask the leader of a process group to end; after ``grace`` seconds kill what is left of the group."""
    try:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: started_at(pid) is None, seconds=grace)
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left (macOS says so with a refusal)


def _ps(pid: int, columns: str) -> str:
    command = ["/bin/ps", "-o", columns, "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
