"""The container files agree with one another and with the application. (No engine is needed to read them.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
COMPOSE = (CHECKOUT / "docker-compose.yml").read_text()
OURS = ("migrate", "web", "worker", "beat")


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_the_example_names_every_variable_that_compose_reads_and_no_secret_has_a_value() -> None:
    example = (CHECKOUT / ".env.example").read_text()
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))
    given = dict(re.findall(r"^#?(\w+)=(.*)$", example, re.MULTILINE))
    assert asked - set(given) == set()
    assert [name for name, value in given.items() if value and re.search("PASSWORD|SECRET", name)] == []


def test_only_the_migrations_know_the_owner() -> None:
    knowing = [name for name in OURS if "mhep_owner" in str(services()[name]["environment"])]
    assert knowing == ["migrate"]


@pytest.mark.parametrize("name", OURS)
def test_our_processes_can_change_nothing_in_their_container(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    assert users
    assert users[-1] not in ("0", "root")


@pytest.mark.parametrize("name", sorted(set(services()) - {"migrate"}))
def test_every_process_that_stays_has_a_health_check(name: str) -> None:
    assert "test" in services()[name]["healthcheck"]


@pytest.mark.parametrize("name", sorted(set(OURS) - {"migrate"}))
def test_nothing_starts_before_the_migrations_are_done(name: str) -> None:
    assert services()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_image_holds_every_application_and_no_test() -> None:
    let_in = set(re.findall(r"^!(\w+)$", (CHECKOUT / ".dockerignore").read_text(), re.MULTILINE))
    packages = {file.parent.name for file in CHECKOUT.glob("*/__init__.py")} - {"tests", "bench"}
    assert (packages | {"templates", "static", "styles"}) - let_in == set()
    assert "tests" not in let_in
