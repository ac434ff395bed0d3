"""
The services of docker-compose.yml as processes of this machine.

Every command, health check and environment is read from the compose file and the Dockerfile, so that what is
tested cannot part from what is run. Only places differ: addresses, ports and folders.
"""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from tests.concurrency.processes import PROGRAMS, PROJECT, Processes, free_port, wait_for
from tests.production.databases import Login, url_of

HOST = "mhep.example"
SECRET_KEY = "k3y-0f-the-test-suite-l0ng-enough-and-with-many-different-characters"  # noqa: S105
STOPS_WITHIN = 10.0  # seconds, where Docker would wait as long before it kills
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
IMAGE = re.sub(r"\\\n\s*", " ", (PROJECT / "Dockerfile").read_text())


def image_command() -> list[str]:
    """Return what the image runs when a service gives no command of its own."""
    given: list[str] = json.loads(re.findall(r"^CMD (\[.*\])$", IMAGE, re.MULTILINE)[-1])
    return given


def image_static() -> list[str]:
    """Return the command that collects the static files when the image is built."""
    return shlex.split(re.findall(r"^RUN .*(python manage\.py collectstatic.*)$", IMAGE, re.MULTILINE)[-1])


@dataclass(slots=True)
class Places:
    """Where things are on this machine that have places of their own in containers."""

    database: str
    owner: Login
    application: Login
    broker_url: str
    static: Path
    folder: Path
    port: int = field(default_factory=free_port)


@dataclass
class Deployment:
    """The services of one installation."""

    processes: Processes
    places: Places

    @cached_property
    def running(self) -> dict[str, subprocess.Popen[str]]:
        return {}

    def environment(self, service: str) -> dict[str, str]:
        """Return a service's environment: the compose file's names, with the values of this machine."""
        values = {
            "SECRET_KEY": SECRET_KEY,
            "SECRET_KEY_FALLBACKS": "",
            "FIELD_KEYS": settings.FIELD_KEYS[0],
            "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
            "ADDRESS_KEYS": settings.ADDRESS_KEYS[0],
            "ALLOWED_HOSTS": HOST,
            "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
            "TRUSTED_PROXIES": "0",
            "SITE_ADDRESS": f"https://{HOST}",
            "MAIL_BY": "smtp",
            "NOTIFY_BASE_URL": "https://notifications.invalid",
            "NOTIFY_SERVICE_ID": "",
            "NOTIFY_KEY": "",
            "NOTIFY_TEMPLATE_ID": "",
            "EMAIL_HOST": "localhost",
            "EMAIL_PORT": "25",
            "EMAIL_HOST_USER": "",
            "EMAIL_HOST_PASSWORD": "",
            "EMAIL_USE_TLS": "false",
            "DEFAULT_FROM_EMAIL": f"mhep@{HOST}",
            "CELERY_BROKER_URL": self.places.broker_url,
            "CLAMD_ADDRESS": "",
            "MHEP_APP_PASSWORD": "",
            "MHEP_OWNER_PASSWORD": "",
        }
        given = {
            name: re.sub(r"\$\{(\w+):[^}]*\}", lambda found: values[found[1]], value)
            for name, value in SERVICES[service]["environment"].items()
        }
        roles = {"mhep_owner": self.places.owner, "mhep_app": self.places.application}
        for name, value in given.items():
            if value.startswith("postgres://"):
                role = re.match(r"postgres://(\w+):", value)
                assert role is not None
                given[name] = url_of(self.places.database, roles[role[1]])
        return {
            "PATH": f"{Path(sys.executable).parent}:{PROGRAMS}",
            "HOSTNAME": socket.gethostname(),
            "PYTHONUNBUFFERED": "1",
            "MHEP_DATA": str(self.places.folder),
            "STATIC_ROOT": str(self.places.static),
            **given,
        }

    def run(self, service: str) -> subprocess.CompletedProcess[str]:
        """Run a service that ends by itself."""
        return self._run(self._words(service), service)

    def collect_static(self) -> subprocess.CompletedProcess[str]:
        """Do what the image's build does to the static files."""
        return self._run(image_static(), "web")

    def start(self, service: str) -> None:
        """Start a service that runs until it is stopped."""
        self.running[service] = self.processes.start(self._words(service), self.environment(service))

    def is_healthy(self, service: str) -> bool:
        """Say what the service's own health check says."""
        assert self.running[service].poll() is None, self.log(service)
        kind, *words = SERVICES[service]["healthcheck"]["test"]
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        return self._run([self._here(word) for word in command], service).returncode == 0

    def stop(self, service: str) -> tuple[int, float]:
        """Ask a service to end, as Docker does; return its exit status and the seconds that it took."""
        started = time.monotonic()
        self.running[service].send_signal(signal.SIGTERM)
        return self.running[service].wait(STOPS_WITHIN), time.monotonic() - started

    def log(self, service: str) -> str:
        """Return what a service has written so far."""
        return self.processes.log(self.running[service])

    def wait_until_healthy(self, service: str) -> None:
        """Return when the service's health check passes, which its start may take a while to reach."""
        wait_for(lambda: self.is_healthy(service), f"a healthy {service}", seconds=30)

    def _words(self, service: str) -> list[str]:
        return [self._here(word) for word in SERVICES[service].get("command", image_command())]

    def _here(self, word: str) -> str:
        """Return a word of a command with the places of this machine."""
        port = f"127.0.0.1:{self.places.port}"
        for theirs, ours in (
            ("0.0.0.0:8000", port),
            ("127.0.0.1:8000", port),
            ("/tmp", str(self.places.folder)),  # noqa: S108 - a container's own
            ("$$", "$"),
        ):
            word = word.replace(theirs, ours)
        return word

    def _run(self, command: list[str], service: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=PROJECT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
