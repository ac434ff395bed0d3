"""The worlds of the tests of access, built once for a module and rolled back after it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.access.worlds import Worlds, three_worlds


@pytest.fixture(scope="module")
def worlds(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worlds]:
    folder: Path = tmp_path_factory.mktemp("access")
    logging.disable(logging.CRITICAL)
    try:
        with (
            override_settings(DATA_DIR=folder, EVIDENCE_DIR=folder / "evidence"),
            django_db_blocker.unblock(),
            transaction.atomic(),
        ):
            yield three_worlds()
            transaction.set_rollback(True)
    finally:
        logging.disable(logging.NOTSET)
