"""Reading a programme's definition back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funders.models import Programme
from funders.rules.definition import AgreementDefinition, ProgrammeDefinition
from funders.selectors import definition_of
from funders.services import store_programme
from tests.funders.test_services import golden

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def copies(definition: ProgrammeDefinition, count: int) -> ProgrammeDefinition:
    """Return the programme with each agreement ``count`` times."""
    return replace(
        definition,
        agreements=tuple(
            replace(agreement, ref=f"{agreement.ref}-{number}")
            for agreement in definition.agreements
            for number in range(count)
        ),
    )


def queries_to_read(programme: Programme) -> int:
    with CaptureQueriesContext(connection) as queries:
        definition_of(programme)
    return len(queries)


def test_the_number_of_queries_does_not_grow_with_the_programme() -> None:
    small = copies(golden("edges"), 1)
    few = queries_to_read(store_programme(small, at=AT))

    many = queries_to_read(store_programme(copies(small, 5), at=AT))

    assert few == many


def test_the_definition_is_read_afresh_each_time() -> None:
    programme = store_programme(golden("edges"), at=AT)
    agreement: AgreementDefinition = definition_of(programme).agreements[0]

    programme.agreements.filter(ref=agreement.ref).update(ends_on=date(2027, 1, 31))

    assert definition_of(programme).agreements[0] == replace(agreement, ends_on=date(2027, 1, 31))
