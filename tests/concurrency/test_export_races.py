"""Two people who export the same days at the same time, or export while an export is taken back."""

from __future__ import annotations

from functools import partial

import pytest

from payments.enums import ExportFormat
from payments.models import ExportBatch, ExportedJournal
from payments.services.exports import CannotExport, CannotUndo, undo_export
from tests.cast import AT, Cast, a_cast
from tests.payments.booking import every_code, export
from tests.payments.documents import three_months
from tests.shared.sessions import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def attempt(cast: Cast, told: list[str]) -> None:
    try:
        export(cast.programme.operator, ExportFormat.SAGE, actor=cast.finance)
    except CannotExport as refusal:
        told.append(str(refusal))


def take_back(batch: ExportBatch, cast: Cast, told: list[str]) -> None:
    try:
        undo_export(batch_id=batch.pk, reason="Not imported", actor=cast.finance, at=AT)
    except CannotUndo as refusal:
        told.append(str(refusal))


def test_n2_of_two_who_export_at_once_one_wins_and_the_other_is_told() -> None:
    cast = a_cast()
    three_months(cast)
    every_code(cast.programme.operator)
    told: list[str] = []
    at_once([partial(attempt, cast, told)] * 6)
    batch = ExportBatch.objects.get()
    assert len(told) == 5
    assert all("exported already, last in EXP-0001 by Example Finance" in words for words in told)
    assert batch.journals.count() == ExportedJournal.objects.count() == 5

    told.clear()
    at_once([partial(take_back, batch, cast, told)] * 2 + [partial(attempt, cast, told)] * 4)
    in_force = ExportedJournal.objects.filter(batch__undo__isnull=True)
    assert in_force.count() in {0, 5}  # all who exported came before it was taken back, or one after
    assert "EXP-0001 was taken back already." in told
    assert ExportedJournal.objects.count() == 5 + in_force.count()
