"""Events that arrive while a month is closed, and caps that many reach for (catalogue P1, M7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection
from django.db.models import Sum

from funders.models import Programme
from mhep.kernel.periods import Month
from outcomes.models import OutcomeEvent
from outcomes.services.imports import import_outcomes
from payments.models import Charge
from payments.services.months import price_month
from tests.concurrency.programmes import APRIL, AT, EVENT_HEADINGS, a_programme, close, job_of
from tests.shared.sessions import at_once

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, TRIALS = 40, 6

BY_PLAIN_SQL = """
    INSERT INTO outcomes_outcomeevent (programme_id, reference, participant_id, service_id, outcome_type_id,
        outcome_date, job, evidence, state, submitted_on, verified_on, falls_in, void_reason, once_key)
    SELECT g.id, 'E' || %(person)s, p.id, p.service_id, t.id, '2026-04-10',
        '', '{}', 'VERIFIED', '2026-04-11', '2026-04-20', greatest('2026-04-01', g.open_month), '', ''
    FROM funders_programme g JOIN funders_outcometype t ON t.programme_id = g.id
    JOIN participants_participant p ON p.programme_id = g.id AND p.reference = 'p' || %(person)s
    WHERE g.id = %(programme)s
"""


def importing(programme: Programme, person: int) -> Callable[[], object]:
    return lambda: import_outcomes(
        programme_id=programme.pk, content=(EVENT_HEADINGS + job_of(person)).encode(), actor=None, at=AT
    )


def inserting(programme: Programme, person: int) -> Callable[[], object]:
    """Return a writer that passes by the services, and tries again if the month closed under it."""

    def insert() -> None:
        for _ in range(10):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(BY_PLAIN_SQL, {"person": person, "programme": programme.pk})
            except DatabaseError as refusal:
                assert "falls in" in str(refusal)  # noqa: PT017
            else:
                return

    return insert


def months_charged() -> Counter[tuple[str, str]]:
    rows = Charge.objects.filter(kind="CHARGE").values_list("event__reference", "month__first_day")
    return Counter((reference, str(Month.of(day))) for reference, day in rows)


@pytest.mark.parametrize("trial", range(TRIALS))
def test_each_event_is_charged_in_exactly_one_month_whoever_wins(trial: int) -> None:
    programme = a_programme(f"RACE{trial}", people=WRITERS)
    writers = [(importing if person % 2 else inserting)(programme, person) for person in range(WRITERS)]
    position = WRITERS * trial // TRIALS  # the close starts before, between and after the writers
    at_once([*writers[:position], lambda: close(programme, APRIL), *writers[position:]])
    close(programme, APRIL + 1)

    assert OutcomeEvent.objects.count() == WRITERS
    charged = months_charged()
    assert set(charged.values()) == {1}
    assert {reference for reference, _ in charged} == {f"E{person}" for person in range(WRITERS)}
    assert len(charged) == WRITERS
    fell = {
        (event.reference, str(Month.of(event.falls_in)))
        for event in OutcomeEvent.objects.all()
        if event.falls_in
    }
    assert set(charged) == fell


def test_thirty_two_who_reach_for_the_last_thousand_pounds_get_exactly_that() -> None:
    """The month is priced again and again while the events arrive."""
    programme = a_programme("CAP", people=32, cap="1000.00")
    pricing = [lambda: price_month(programme_id=programme.pk, month=APRIL, at=AT) for _ in range(4)]
    at_once([*(importing(programme, person) for person in range(32)), *pricing])
    close(programme, APRIL)
    charges = Charge.objects.filter(term__ref="job")
    assert charges.aggregate(total=Sum("amount_minor"))["total"] == 100_000
    assert charges.count() == 32
    assert (
        list(
            charges.filter(kind="CHARGE")
            .order_by("event__reference")
            .values_list("event__reference", flat=True)
        )
        == (sorted(f"E{person}" for person in range(32))[:10])
    )


def test_two_programmes_of_one_operator_close_at_the_same_time() -> None:
    """Neither waits for ever nor changes what the other charges, and they share the operator's numbers."""
    programmes = [a_programme(code, people=5) for code in ("ONE", "TWO")]
    for programme in programmes:
        content = EVENT_HEADINGS + "".join(map(job_of, range(5)))
        import_outcomes(programme_id=programme.pk, content=content.encode(), actor=None, at=AT)
    for month in APRIL.until(APRIL + 9):
        at_once([lambda each=each, month=month: close(each, month) for each in programmes])  # type: ignore[misc]
    for programme in programmes:
        charges = Charge.objects.filter(agreement__programme=programme, term__ref="job")
        assert charges.aggregate(total=Sum("amount_minor"))["total"] == 50_000
