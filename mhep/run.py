"""
Start all of MHEP on one machine, with demo data: ``python -m mhep.run``, which is what ``make run`` does.

It needs no service, no broker and no rights: the database is a private one (or ``DATABASE_URL``'s), the
queue is a folder. Everything that it starts ends with it; what a killed start left behind, the next one ends.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO
from urllib.parse import urlsplit

from mhep import local_postgres
from mhep.patience import PROCESS
from mhep.postgres_programs import CannotStart, find_binaries
from mhep.supervision import Child, Family, say

CHECKOUT = Path(__file__).resolve().parents[1]
HEALTHY_WITHIN = 90.0  # seconds
ATTEMPTS = 3  # of a child that was never healthy
ACCESS_LOG = "%(m)s %(U)s %(s)s in %(M)s ms"  # no query string: it may hold a search for a person
# Celery warns at length when root runs it. Nothing but this machine can reach the demo's queue.
ROOT_IS_FINE_HERE = "ignore:You're running the worker with superuser privileges"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the database is, for the application and for migrations."""

    app: str
    owner: str
    is_private: bool


def main() -> int:
    """Run until told to stop; return the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_once)
    try:
        data = local_postgres.data_folder()
        with _only_one(data) as lock:
            _run(data, lock)
    except CannotStart as error:
        say(f"\nMHEP did not start. {error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
    return 0


def _stop_once(_number: int, _frame: FrameType | None) -> NoReturn:
    """Begin to stop; from now on a second Ctrl-C changes nothing."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _only_one(data: Path) -> Iterator[TextIO]:
    """Hold the data folder; refuse it while another start of MHEP is using it."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data / "run.lock").open("a+")
    except OSError as error:
        raise CannotStart(f"The data folder {data} cannot be used: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"It already runs from this checkout, {lock.read().strip()}. Stop it there with Ctrl-C, "
                "or set MHEP_DATA to another folder."
            ) from None
        yield lock


def _run(data: Path, lock: TextIO) -> None:
    """Take every step, then watch over the children until told to stop."""
    port = _port()
    lock.truncate(0)
    lock.write(f"as process {os.getpid()} on http://127.0.0.1:{port}")
    lock.flush()
    family = Family(data / "running", CHECKOUT)
    begun = time.monotonic()
    home = local_postgres.default_home()
    addresses = None
    try:
        left = family.stop_leftovers()
        if left:
            say(f"Ended what an earlier start left running: {', '.join(left)}.")
        _refuse_taken_port(port)
        with _timed("Database"):
            addresses = _database(home)
        environment = _environment(data, addresses)
        _prepare(family, environment, addresses)
        with _timed("Web, worker and schedule"):
            _start_children(family, environment, port)
            sign_ins = _sign_ins(environment)
            _wait_until_healthy(family, port)
        say(
            f"\nMHEP is ready after {time.monotonic() - begun:.0f} s: http://127.0.0.1:{port}\n\n{sign_ins}\n"
        )
        say("Ctrl-C stops everything.\n")
        while True:
            family.revive()
            time.sleep(0.3)
    finally:
        say("\nStopping ...")
        family.stop()
        if addresses and addresses.is_private:
            local_postgres.stop(home)


def _port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdigit() or not 1 <= int(given) <= 65535:
        raise CannotStart(f"PORT is {given!r}; it must be a number from 1 to 65535.")
    return int(given)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} cannot be used: {error.strerror}. "
                f"Choose another: PORT={port % 65535 + 1} make run"
            ) from error


@contextmanager
def _timed(step: str) -> Iterator[None]:
    begun = time.monotonic()
    say(f"{step} ...")
    yield
    say(f"{step}: {time.monotonic() - begun:.1f} s")


def _database(home: local_postgres.Home) -> Addresses:
    """Return where the database is; without ``DATABASE_URL`` that is a private server, started now."""
    given = os.environ.get("DATABASE_URL")
    if given:
        say("Using the database in DATABASE_URL.")
        return Addresses(given, os.environ.get("MHEP_OWNER_DATABASE_URL", given), is_private=False)
    try:
        started = local_postgres.start(home, find_binaries())
    except KeyboardInterrupt:
        local_postgres.stop(home)
        raise
    say(f"PostgreSQL {home.major()} {'started' if started else 'was still running'} in {home.folder}")
    return Addresses(home.url("mhep_app"), home.url("mhep_owner"), is_private=True)


def _environment(data: Path, addresses: Addresses) -> dict[str, str]:
    """Return what the application's processes are told. The owner's password is not among it."""
    environment = {
        **os.environ,
        "DATABASE_URL": addresses.app,
        "MHEP_DATA": str(data),
        "PYTHONUNBUFFERED": "1",
    }
    environment.setdefault("DJANGO_SETTINGS_MODULE", "mhep.settings.dev")
    environment.setdefault("CELERY_BROKER_URL", "filesystem://localhost//")
    environment.setdefault("MHEP_QUEUE", str(data / "queue"))
    environment.setdefault("SECRET_KEY", _secret_key(data))
    environment.pop("MHEP_OWNER_DATABASE_URL", None)
    return environment


def _secret_key(data: Path) -> str:
    """Return the key of this data folder, made at its first start, so that a restart signs nobody out."""
    place = data / "secret-key"
    if not place.exists():
        unfinished = place.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        unfinished.rename(place)
    return place.read_text()


def _prepare(family: Family, environment: dict[str, str], addresses: Addresses) -> None:
    """
    Bring the database, its demo data and the static files up to date.

    :raises CannotStart: if a step fails.
    """
    as_owner = {**environment, "DATABASE_URL": addresses.owner, "MHEP_OWNER_DATABASE_URL": addresses.owner}

    def manage(name: str, told: dict[str, str], *arguments: str) -> Child:
        return Child(name, [sys.executable, "manage.py", *arguments], told)

    steps = [
        (
            manage("migrate", as_owner, "migrate", "--no-input"),
            manage("static", environment, "collectstatic", "--no-input"),
        ),
        (manage("rights", as_owner, "grant_app_role", urlsplit(addresses.app).username or "mhep_app"),),
        (manage("demo", environment, "load_demo"),),
        (manage("investment of the demo", environment, "load_demo_investment"),),
        (manage("figures of the demo", environment, "refresh_facts"),),
    ]
    if addresses.owner == addresses.app:
        del steps[1]  # one role does everything: there is no other to grant rights to
    for together in steps:
        with _timed(" and ".join(child.name for child in together).capitalize()):
            failed = family.run_to_end(*together)
        if failed:
            raise CannotStart(f"The step '{failed[0]}' failed; it says why above.")


def _start_children(family: Family, environment: dict[str, str], port: int) -> None:
    python = [sys.executable, "-m"]
    gunicorn = [*python, "gunicorn", "mhep.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    gunicorn += ["--threads", "4", "--graceful-timeout", "3", "--log-level", "warning"]
    gunicorn += ["--access-logfile", "-", "--access-logformat", ACCESS_LOG]
    celery = [*python, "celery", "--quiet", "--app", "mhep.celery:app"]
    worker = [
        *celery,
        "worker",
        "--loglevel",
        "INFO",
        "--concurrency",
        "1",
        "--without-gossip",
        "--without-mingle",
    ]
    schedule = family.folder / "schedule"
    beat = [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(schedule), "--pidfile", ""]
    for name, command in (("web", gunicorn), ("worker", worker), ("schedule", beat)):
        kind = {PROCESS: "web" if name == "web" else "worker", "PYTHONWARNINGS": ROOT_IS_FINE_HERE}
        family.add(Child(name, command, {**environment, **kind}))


def _sign_ins(environment: dict[str, str]) -> str:
    """Return who can sign in to the demo, as text."""
    command = [sys.executable, "manage.py", "load_demo", "--sign-ins"]
    done = subprocess.run(  # noqa: S603
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    return done.stdout.strip()


def _wait_until_healthy(family: Family, port: int) -> None:
    """
    Wait until the site answers, keeping the children alive meanwhile.

    :raises CannotStart: if one of them keeps ending, or the site does not answer in time.
    """
    deadline = time.monotonic() + HEALTHY_WITHIN
    while not _is_healthy(port):
        family.revive()
        failing = [child.name for child in family.children if child.failures >= ATTEMPTS]
        if failing:
            raise CannotStart(f"The {failing[0]} process keeps ending; it says why above.")
        if time.monotonic() > deadline:
            raise CannotStart(f"The site does not answer within {HEALTHY_WITHIN:.0f} s.")
        time.sleep(0.2)


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
