"""
W9: whatever is sent to whatever operation, the API answers as its description says, and never with an error.

``API_EXAMPLES=500`` asks longer; CI asks less.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from schemathesis.config import SchemathesisConfig

from mhep.shared.api.schema import description
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.models import OutcomeEvent
from participants.models import Participant
from payments.models import Charge, Document
from tests.api.callers import token_for
from tests.cast import a_cast, close

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("API_EXAMPLES", "8"))
# What is well formed may still break a rule of the programme, or be a key that was used before.
REFUSED_WELL = ["2xx", "304", "400", "403", "404", "409", "412", "422"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": REFUSED_WELL},
            "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", "422"]},
        }
    }
)
SCHEMA = schemathesis.openapi.from_dict(description(), config=CONFIG)
SCHEMA.app = get_wsgi_application()
KNOWN: dict[str, str] = {}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def token(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return a token of the operator, whose every resource has something in it."""
    logging.disable(logging.CRITICAL)
    folder: Path = tmp_path_factory.mktemp("w9")
    with (
        override_settings(DATA_DIR=folder, API_REQUESTS_A_MINUTE=10**9),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        cast = a_cast()
        close(cast.programme, "2026-04")
        KNOWN.update(
            code=cast.programme.code,
            number=Document.objects.order_by("pk")[0].full_number,
            event=str(sealed_id(Kind.EVENT, OutcomeEvent.objects.order_by("pk")[4].pk)),
            charge=str(sealed_id(Kind.CHARGE, Charge.objects.order_by("pk")[0].pk)),
            participant=str(sealed_id(Kind.PARTICIPANT, Participant.objects.order_by("pk")[0].pk)),
            statement=str(sealed_id(Kind.STATEMENT, 1)),
        )
        for signal in (request_started, request_finished):  # the connection is the test's own
            signal.disconnect(close_old_connections)
        yield token_for(cast.finance)
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


@SCHEMA.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let every second request ask for something that is there."""
    if path_parameters is None or hash(str(path_parameters)) % 2:
        return path_parameters
    kind = context.operation.path.partition("{code}/")[2].partition("s/")[0].replace("outcome", "event")
    known = KNOWN | {"id": KNOWN.get(kind, "")}
    return {
        name: known.get(name, value) if name != "id" or UUID.fullmatch(str(value)) else value
        for name, value in path_parameters.items()
    }


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_w9_an_operation_keeps_what_its_description_says(case: schemathesis.Case[Any], token: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"})


def test_w9_every_operation_says_what_it_is_called_and_who_may(token: str) -> None:
    operations = [each for methods in description()["paths"].values() for each in methods.values()]
    assert len(operations) >= 17
    assert all(each["description"] and each["operationId"] and each["security"] for each in operations)
    assert len({each["operationId"] for each in operations}) == len(operations)
    assert connection.in_atomic_block
