"""Chromium for the tests of the pages, and an eye on everything that it must never do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import BrowserContext, Playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.browser.stage import Stage, set_the_stage, strike_the_stage
from tests.browser.watch import Watch
from tests.browser.worker import Worker
from tests.cast import Cast
from tests.journeys.browser import FLAGS, PATIENCE, find_chromium

# Playwright runs an event loop in the thread of the tests, which Django would not let touch the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def base_url() -> None:
    """Every test names its site; the plugin's own fixture is written in a way that pytest warns about."""


@pytest.fixture(scope="session", autouse=True)
def no_session_is_left_behind(django_db_setup: None, playwright: Playwright) -> Iterator[None]:
    """
    Close the database session of the time in which Playwright's event loop runs.

    Django keeps another one for that time, in the same thread. It has to be gone before the loop is, and the
    loop before the test database; so both are asked for here, in this order.
    """
    yield
    connections.close_all()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the machine's own Chromium."""
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Read pages as people in England do, and without waiting for things to glide into their places."""
    return {
        **browser_context_args,
        "locale": "en-GB",
        "reduced_motion": "reduce",
        "viewport": {"width": 1280, "height": 900},
    }


@pytest.fixture
def context(context: BrowserContext) -> Iterator[BrowserContext]:
    """A window that fails the test afterwards if a page broke a promise in it (W3, W13, W14)."""
    context.set_default_timeout(PATIENCE)
    watch = Watch(context)
    yield context
    assert watch.faults == []


@pytest.fixture
def data_folder(tmp_path: Path, settings: Any) -> Path:
    """The folder of files that wait to be confirmed, empty."""
    settings.DATA_DIR = tmp_path
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return tmp_path


@pytest.fixture
def open_april(live_server: LiveServer, data_folder: Path, cast: Cast) -> Stage:
    """The small programme with nothing priced yet, served on a site of its own."""
    return set_the_stage(live_server.url, cast)


@pytest.fixture
def worker(open_april: Stage) -> Iterator[Worker]:
    """A worker that does what the pages ask for."""
    with Worker() as busy:
        yield busy


@pytest.fixture(scope="module")
def gallery(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """
    A programme in the midst of its life, with something to see on every page, for all tests of one module.

    Tests that use it only look. The module may give another ``PROGRAMME`` to show, and must be marked with
    ``django_db``: without it pytest-django makes no database, and these rows would go into the real one.
    """
    assert request.node.get_closest_marker("django_db"), "mark the module with django_db"
    programme = getattr(request.module, "PROGRAMME", None)
    with django_db_blocker.unblock():
        server = LiveServer("127.0.0.1")
        try:
            yield from strike_the_stage(server.url, tmp_path_factory.mktemp("data"), programme)
        finally:
            server.stop()
