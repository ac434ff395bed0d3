"""What ``make run`` says before it starts anything, when it cannot."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def run(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mhep.run"],
        cwd=CHECKOUT,
        env={**os.environ, "MHEP_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_named_with_how_to_choose_another(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert f"Port {port} cannot be used: Address already in use" in done.stdout
    assert f"PORT={port + 1} make run" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_port_that_is_no_number_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, PORT="web")
    assert (done.returncode, done.stderr) == (1, "")
    assert "PORT is 'web'; it must be a number from 1 to 65535." in done.stdout


def test_a_second_start_from_the_same_folder_says_where_the_first_is(tmp_path: Path) -> None:
    with (tmp_path / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("as process 7 on http://127.0.0.1:8000")
        lock.flush()
        done = run(tmp_path)
    assert done.returncode == 1
    assert "already runs from this checkout, as process 7 on http://127.0.0.1:8000" in done.stdout


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "data")
    assert done.returncode == 1
    assert "cannot be used" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_database_of_another_version_stops_the_start_with_the_way_out(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = run(tmp_path, PORT=str(port), DATABASE_URL="")
    assert done.returncode == 1
    assert "was made by PostgreSQL 9" in done.stdout
    assert "make reset-db" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
