"""
A pytest plugin for tests that need a server or a browser: left out where there is none, and then named.

With ``STRICT=1``, as in CI, nothing may be left out: a test that would be skipped, for whatever reason,
fails the run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mhep.postgres_programs import system_binaries


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a machine may lack."""

    name: str
    is_here: Callable[[], bool]
    mend: str


def _any_program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin") for name in names)


NEEDS = {
    "needs_broker": Need("a broker", _any_program("redis-server", "rabbitmq-server"), "install redis-server"),
    "needs_browser": Need(
        "Chromium", _any_program("chromium", "chromium-browser", "google-chrome"), "install chromium"
    ),
    "needs_system_postgres": Need(
        "the system's PostgreSQL", lambda: bool(system_binaries()), "install postgresql (15 or later)"
    ),
}


def is_strict() -> bool:
    """Say whether nothing may be left out."""
    return os.environ.get("STRICT") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a test out, or fail it where that is not allowed, if the machine lacks what it needs."""
    for marker, need in NEEDS.items():
        if item.get_closest_marker(marker) and not need.is_here():
            reason = f"needs {need.name}: {need.mend}"
            if is_strict():
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a strict run that left something out."""
    if is_strict() and _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out, and how to have it tested too."""
    skipped = _skipped(config)
    for need in NEEDS.values():
        count = sum(need.mend in str(report.longrepr) for report in skipped)
        if count:
            plural = "test was" if count == 1 else "tests were"
            terminalreporter.write_line(f"{count} {plural} left out for want of {need.name} ({need.mend}).")
    if skipped and is_strict():
        terminalreporter.write_line(f"STRICT=1: nothing may be left out. Left out: {len(skipped)}.", red=True)


def _skipped(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []
