"""
Run the test suite: ``python -m tests [pytest's arguments]``, which is what ``make test`` does.

All of it runs in as many processes as the machine has cores, six at most, each with a database of its own; a
choice of tests runs in one.

Without ``DATABASE_URL`` the suite gets a PostgreSQL of its own, made for this run and deleted after it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mhep import local_postgres
from mhep.local_postgres import Home
from mhep.postgres_programs import CannotStart, find_binaries
from mhep.processes import started_at

EVERYTHING = ("--numprocesses", str(min(os.cpu_count() or 1, 6)), "--dist", "loadgroup")


@contextmanager
def private_server() -> Iterator[Home]:
    """Run a server for as long as this process needs it; clear away those whose process was killed."""
    folder = local_postgres.data_folder() / "tests"
    for left in folder.glob("[0-9]*"):
        if started_at(int(left.name)) is None:
            local_postgres.reset(Home(left))
    home = Home(folder / str(os.getpid()))
    try:
        binaries = find_binaries(system_first=True)
        local_postgres.start(home, binaries)
        sys.stdout.write(f"The tests run on a PostgreSQL {home.major()} of their own, from {binaries}.\n")
        sys.stdout.flush()
        yield home
    finally:
        local_postgres.reset(home)


def run(arguments: list[str]) -> int:
    """Run pytest and return its exit status."""
    return int(pytest.main(["-p", "tests.left_out", *(arguments or EVERYTHING)]))


def main(arguments: list[str]) -> int:
    """Run pytest on the given database, or else on a private one; return the exit status."""
    (Path(__file__).resolve().parents[1] / "static" / "build").mkdir(parents=True, exist_ok=True)
    if os.environ.get("DATABASE_URL"):
        return run(arguments)
    try:
        with private_server() as home:
            os.environ["DATABASE_URL"] = os.environ["MHEP_OWNER_DATABASE_URL"] = home.url("mhep_owner")
            os.environ["MHEP_APP_DATABASE_URL"] = home.url("mhep_app")
            return run(arguments)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
