"""The private server: started once, found again, survives what kills it, refuses what it cannot open."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from mhep import local_postgres
from mhep.local_postgres import Home
from mhep.postgres_programs import CannotStart, candidates, find_binaries
from mhep.processes import started_at, wait_until

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home() -> Iterator[Home]:
    """A home that an unprivileged user could reach too, unlike pytest's own folders."""
    with tempfile.TemporaryDirectory(prefix="mhep-test-") as folder:
        Path(folder).chmod(0o755)
        made = Home(Path(folder).resolve() / "postgres")
        yield made
        local_postgres.stop(made)


@pytest.fixture(scope="module")
def binaries() -> Path:
    return find_binaries(system_first=True)


def ask(home: Home, role: local_postgres.Role, question: str) -> Any:
    with closing(psycopg2.connect(home.url(role))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone() if cursor.description else None


def wheel() -> Path:
    return next(folder for folder in candidates() if "site-packages" in folder.parts)


def postmaster_of(home: Home) -> int:
    pid = home.postmaster()
    assert pid is not None
    return pid


def test_the_wheel_serves_both_roles_and_neither_is_a_superuser(home: Home) -> None:
    assert local_postgres.start(home, wheel()) is True
    powers = (
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    assert ask(home, "mhep_app", powers) == (False, False, False, False)
    assert ask(home, "mhep_owner", powers) == (False, False, False, True)
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert ask(home, "mhep_app", owner) == ("mhep_owner",)


def test_letters_beyond_ascii_match_in_either_case(home: Home, binaries: Path) -> None:
    local_postgres.start(home, binaries)
    assert ask(
        home, "mhep_app", "SELECT 'JØRGENSEN' ILIKE 'jørgensen', current_setting('data_checksums')"
    ) == (
        True,
        "on",
    )


def test_nobody_else_can_reach_the_server(home: Home, binaries: Path) -> None:
    local_postgres.start(home, binaries)
    assert home.folder.stat().st_mode & 0o077 == 0
    assert ask(home, "mhep_app", "SELECT current_setting('listen_addresses')") == ("",)
    wrong = home.url("mhep_app").replace(home.password("mhep_app").read_text(), "guessed")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


def test_a_second_start_finds_the_first_and_stop_ends_it(home: Home, binaries: Path) -> None:
    assert local_postgres.start(home, binaries) is True
    first = postmaster_of(home)
    assert local_postgres.start(home, binaries) is False
    assert postmaster_of(home) == first
    assert local_postgres.stop(home) is True
    assert started_at(first) is None
    assert local_postgres.stop(home) is False


def test_what_was_committed_survives_kill_9(home: Home, binaries: Path) -> None:
    local_postgres.start(home, binaries)
    ask(home, "mhep_owner", "CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(postmaster_of(home), signal.SIGKILL)
    assert local_postgres.start(home, binaries) is True
    assert ask(home, "mhep_owner", "SELECT number FROM kept") == (7,)


def test_a_pid_file_that_names_another_program_by_now_does_not_stop_the_start(
    home: Home, binaries: Path
) -> None:
    local_postgres.start(home, binaries)
    note = home.data / "postmaster.pid"
    old = note.read_text()
    os.kill(postmaster_of(home), signal.SIGKILL)
    wait_until(lambda: not local_postgres.is_running(home), seconds=5)
    note.write_text(old.replace(old.split("\n", 1)[0], str(os.getppid()), 1))
    assert local_postgres.stop(home) is False
    assert local_postgres.start(home, binaries) is True
    assert started_at(os.getppid()) is not None


def test_four_simultaneous_starters_give_one_server(home: Home) -> None:
    environment = {**os.environ, "MHEP_DATA": str(home.folder.parent)}
    command = [sys.executable, "-m", "mhep.local_postgres", "start"]
    starters = [
        subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [starter.communicate(timeout=60)[0] for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 4
    assert sum(" started in " in words for words in said) == 1, said


def test_a_folder_of_another_version_is_refused_with_the_way_out(home: Home, binaries: Path) -> None:
    local_postgres.start(home, binaries)
    local_postgres.stop(home)
    (home.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 9, .*pg_dump.*make reset-db"):
        local_postgres.start(home, binaries)
    assert (home.data / "PG_VERSION").read_text() == "9\n"


def test_an_interrupted_initdb_is_begun_again(home: Home, binaries: Path) -> None:
    (home.folder / "data.unfinished" / "base").mkdir(parents=True)
    assert local_postgres.start(home, binaries) is True


def test_a_path_too_long_for_a_socket_moves_the_socket_only(home: Home, binaries: Path) -> None:
    far = Home(home.folder / "a folder with 'quotes' and spaces" / ("x" * 60))
    try:
        local_postgres.start(far, binaries)
        assert far.socket_folder.stat().st_mode & 0o077 == 0
        assert ask(far, "mhep_app", "SELECT 1") == (1,)
    finally:
        local_postgres.reset(far)
    assert not far.socket_folder.exists()


@pytest.mark.needs_system_postgres
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_hands_the_server_to_a_powerless_user(
    home: Home, binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert local_postgres.start(home, binaries) is True
    assert home.data.stat().st_uid != 0
    os.kill(postmaster_of(home), signal.SIGKILL)
    monkeypatch.undo()
    assert local_postgres.start(home, binaries) is True
    assert ask(home, "mhep_app", "SELECT 1") == (1,)


def test_a_folder_of_server_programs_without_any_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MHEP_PG_BIN", str(tmp_path))
    with pytest.raises(CannotStart, match="no initdb in that folder"):
        find_binaries()
