"""Document numbers under concurrent issue: no gap, no duplicate (catalogue N1, N2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from django.db import transaction

from funders.models import Programme
from payments.enums import DocumentKind
from payments.models import Document, DocumentCounter
from tests.concurrency.programmes import APRIL, a_programme, close
from tests.shared.sessions import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ISSUERS, MONTHS = 32, 6


class _RolledBack(Exception):
    pass


def issuing(programme: Programme, seed: int) -> Callable[[], int]:
    """Return the work of one issuer, who fails one close in ten after it has issued its documents."""

    def issue() -> int:
        chance, failed = Random(seed), 0  # noqa: S311
        for month in APRIL.until(APRIL + (MONTHS - 1)):
            while chance.random() < 0.1:
                with pytest.raises(_RolledBack):
                    fail_after_closing(month)
                failed += 1
            close(programme, month)
        return failed

    def fail_after_closing(month: object) -> None:
        with transaction.atomic():
            close(programme, month)  # type: ignore[arg-type]
            raise _RolledBack

    return issue


def test_thirty_two_issuers_with_roll_backs_leave_no_gap_and_no_duplicate() -> None:
    """Each issuer has a programme of its own; the operator's numbers are shared."""
    programmes = [a_programme(f"N{number}") for number in range(ISSUERS)]
    failed = at_once([issuing(programme, seed) for seed, programme in enumerate(programmes)])
    assert sum(failed) > ISSUERS * MONTHS * 0.05

    for kind in (DocumentKind.INVOICE, DocumentKind.REMITTANCE):
        numbers = Document.objects.filter(kind=kind).order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, ISSUERS * MONTHS + 1))
        assert DocumentCounter.objects.get(kind=kind).last_number == ISSUERS * MONTHS


def test_one_month_closed_at_once_by_several_is_closed_once() -> None:
    """A double click: one set of documents, and everybody gets the same month."""
    programme = a_programme("TWICE")
    months = list(APRIL.until(APRIL + 19))
    for month in months:
        closed = at_once([lambda month=month: close(programme, month) for _ in range(3)])  # type: ignore[misc]
        assert len(set(closed)) == 1
    issued = Counter(Document.objects.values_list("agreement__ref", "month__first_day", "kind"))
    assert len(issued) == 2 * len(months)
    assert set(issued.values()) == {1}
