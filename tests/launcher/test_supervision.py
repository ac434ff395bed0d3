"""Children are kept alive, end with their supervisor, and are found again after it was killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhep import supervision
from mhep.processes import started_at, wait_until
from mhep.supervision import Child, Family

FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "os.fork(); print(f'[{os.getpid()}]', flush=True); time.sleep(600)",
]


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    made = Family(tmp_path / "running", tmp_path)
    made.stop_leftovers()
    yield made
    made.stop()


def child(command: list[str], name: str = "web") -> Child:
    return Child(name, command, dict(os.environ))


def pid_of(one: Child) -> int:
    assert one.process is not None
    return one.process.pid


def test_a_child_that_dies_is_started_again_and_each_time_later(family: Family) -> None:
    one = child(FOREVER)
    family.add(one)
    first = pid_of(one)
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: started_at(first) is None, seconds=5)
    family.revive()
    assert one.failures == 1
    assert 0 < one.next_attempt - time.monotonic() <= 1
    one.next_attempt = 0
    family.revive()
    assert pid_of(one) != first
    os.kill(pid_of(one), signal.SIGKILL)
    assert wait_until(lambda: started_at(pid_of(one)) is None, seconds=5)
    family.revive()
    assert 1 < one.next_attempt - time.monotonic() <= 2


def test_stop_ends_a_child_that_will_not_listen_with_all_that_it_started(
    family: Family, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervision, "GRACE", 0.5)
    one = child(DEAF)
    family.add(one)
    said = ""

    def both_have_spoken() -> bool:
        nonlocal said
        said += capfd.readouterr().out
        return said.count("]") == 2

    assert wait_until(both_have_spoken, seconds=10)
    family.stop()
    both = [int(number) for number in re.findall(r"\[(\d+)\]", said)]
    assert wait_until(lambda: [started_at(pid) for pid in both] == [None, None], seconds=5)
    assert not list(family.folder.iterdir())


def test_the_next_supervisor_ends_what_a_killed_one_left(family: Family) -> None:
    one = child(FOREVER, "worker")
    family.add(one)
    later = Family(family.folder, family.checkout)
    assert later.stop_leftovers() == ["worker"]
    assert started_at(pid_of(one)) is None
    assert later.stop_leftovers() == []


def test_a_number_that_belongs_to_another_process_by_now_is_left_alone(family: Family) -> None:
    stranger = subprocess.Popen(FOREVER, start_new_session=True)
    try:
        (family.folder / "web.pid").write_text(f"{stranger.pid} 12345")
        (family.folder / "worker.pid").write_text(f"{stranger.pid} None")
        (family.folder / "schedule.pid").write_text("half writ")
        assert family.stop_leftovers() == []
        assert started_at(stranger.pid) is not None
        assert not list(family.folder.glob("*.pid"))
    finally:
        stranger.kill()
        stranger.wait()


def test_steps_run_together_and_the_one_that_failed_is_named(
    family: Family, capfd: pytest.CaptureFixture[str]
) -> None:
    well = child([sys.executable, "-c", "print('half way')"], "migrate")
    badly = child([sys.executable, "-c", "raise SystemExit(3)"], "static")
    assert family.run_to_end(well, badly) == ["static"]
    assert "migrate  | half way" in capfd.readouterr().out
    assert family.children == []
    assert not list(family.folder.iterdir())
