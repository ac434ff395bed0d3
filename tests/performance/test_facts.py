"""Month facts: what they count, that they tie to the money, that they follow changes, and what stays."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.db.utils import DatabaseError

from mhep.kernel.periods import Month
from outcomes.models import OutcomeEvent
from outcomes.services.verification import void_event
from participants.models import Participant, WorkPeriod
from payments.models import Charge, Document
from performance.models import AmountFact, FrozenMonth, OutcomeFact, PeopleFact, StaleMonth
from performance.services.facts import rebuild_facts, refresh_facts
from performance.tasks import refresh_facts as the_task
from tests.cast import AT, Cast, a_cast, close, price

pytestmark = pytest.mark.django_db
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def rows(model: type[PeopleFact | OutcomeFact | AmountFact]) -> list[dict[str, object]]:
    """Return all facts of a kind without their keys, in one order."""
    found = [{name: value for name, value in row.items() if name != "id"} for row in model.objects.values()]
    return sorted(found, key=str)


def everything() -> list[list[dict[str, object]]]:
    return [rows(PeopleFact), rows(OutcomeFact), rows(AmountFact)]


def live(model: type[PeopleFact | OutcomeFact | AmountFact], column: str, **which: object) -> int:
    found = model.objects.filter(frozen__isnull=True, **which).aggregate(sum=Sum(column))
    return int(found["sum"] or 0)


def test_people_and_outcomes_are_counted_in_their_month_and_place(cast: Cast) -> None:
    refresh_facts(programme_id=cast.programme.pk)
    ealing = {"first_day": APRIL, "area__code": "EAL"}
    assert live(PeopleFact, "referrals", **ealing) == 2
    assert live(PeopleFact, "starts", first_day=APRIL) == 3
    assert live(PeopleFact, "job_starters_out_of_work", **ealing) == 2
    assert live(OutcomeFact, "verified", outcome_type__code="JOB_START", **ealing) == 2
    assert live(OutcomeFact, "verified", first_day=MAY) == 1
    assert live(PeopleFact, "followed_18", first_day=date(2027, 10, 1)) == 3


def test_somebody_in_work_at_the_start_is_no_start_out_of_work(cast: Cast) -> None:
    person = Participant.objects.get(reference="P-001")
    WorkPeriod.objects.create(participant=person, job="J1", kind="WORK", starts_on=date(2026, 1, 1))
    refresh_facts(programme_id=cast.programme.pk)
    assert live(PeopleFact, "starts_out_of_work") == 2
    assert live(PeopleFact, "job_starters_out_of_work") == 2
    assert live(PeopleFact, "working_18") == 1


def test_amounts_are_those_of_charges_and_documents(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    refresh_facts(programme_id=cast.programme.pk)
    charged = Charge.objects.filter(agreement__direction="RECEIVABLE").aggregate(sum=Sum("amount_minor"))
    assert live(AmountFact, "charged_minor") == charged["sum"]
    invoices = Document.objects.filter(kind="INVOICE").aggregate(sum=Sum("net_minor"))
    assert live(AmountFact, "invoiced_minor") == invoices["sum"]


def test_a_month_that_is_not_closed_has_no_amounts(cast: Cast) -> None:
    price(cast.programme, "2026-04")
    refresh_facts(programme_id=cast.programme.pk)
    assert rows(AmountFact) == []


def test_what_changes_is_marked_and_the_refresh_leaves_what_a_rebuild_leaves(cast: Cast) -> None:
    refresh_facts(programme_id=cast.programme.pk)
    assert not StaleMonth.objects.exists()
    close(cast.programme, "2026-04")
    person = Participant.objects.get(reference="P-003")
    person.area = cast.programme.areas.get(code="EAL")
    person.save()
    event = OutcomeEvent.objects.get(reference="E-001")
    void_event(event_id=event.pk, voided_on=date(2026, 5, 6), reason="Never began", actor=cast.analyst, at=AT)
    assert StaleMonth.objects.exists()
    the_task.run()
    assert not StaleMonth.objects.exists()
    refreshed = everything()
    call_command("rebuild_facts", cast.programme.code)
    assert everything() == refreshed
    assert live(OutcomeFact, "voided", first_day=MAY) == 1


def test_a_refresh_of_nothing_counts_nothing_and_run_twice_leaves_the_same(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    assert refresh_facts(programme_id=cast.programme.pk) > 0
    before = everything()
    assert refresh_facts(programme_id=cast.programme.pk) == 0
    assert everything() == before


def test_a_closed_month_is_kept_as_it_stood_and_a_correction_shows_beside_it(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    refresh_facts(programme_id=cast.programme.pk)
    person = Participant.objects.get(reference="P-003")
    person.referred_on = date(2026, 3, 30)
    person.save()
    refresh_facts(programme_id=cast.programme.pk)
    kept = PeopleFact.objects.filter(frozen__first_day=APRIL).aggregate(sum=Sum("referrals"))
    assert kept["sum"] == 3
    assert live(PeopleFact, "referrals", first_day=APRIL) == 2
    assert [each.first_day for each in FrozenMonth.objects.all()] == [APRIL]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE performance_peoplefact SET referrals = 0 WHERE frozen_id IS NOT NULL",
        "DELETE FROM performance_outcomefact WHERE frozen_id IS NOT NULL",
        "UPDATE performance_amountfact SET frozen_id = NULL",
        "UPDATE performance_frozenmonth SET frozen_at = now()",
        "DELETE FROM performance_frozenmonth",
        "INSERT INTO performance_frozenmonth (programme_id, first_day)"
        " SELECT programme_id, '2026-05-01' FROM performance_frozenmonth",
    ],
)
def test_the_database_keeps_what_was_frozen(cast: Cast, attack: str) -> None:
    close(cast.programme, "2026-04")
    refresh_facts(programme_id=cast.programme.pk)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_to_a_frozen_month_later() -> None:
    cast = a_cast()
    close(cast.programme, "2026-04")
    refresh_facts(programme_id=cast.programme.pk)
    kept = PeopleFact.objects.filter(frozen__isnull=False)[0]
    kept.pk, kept.cohort = None, None
    with pytest.raises(DatabaseError, match="as they stood when it was frozen"):
        kept.save()


def test_a_second_job_starts_nobody_and_a_void_of_both_takes_the_person_away(
    cast: Cast,
) -> None:
    first = OutcomeEvent.objects.get(reference="E-001")
    first.pk, first.reference, first.once_key = None, "E-100", "second job"
    first.submitted_on = first.verified_on = date(2026, 5, 8)
    first.falls_in = MAY
    first.save()
    refresh_facts(programme_id=cast.programme.pk)
    assert live(PeopleFact, "job_starters") == 3
    assert live(OutcomeFact, "verified", outcome_type__code="JOB_START") == 4
    for event in OutcomeEvent.objects.filter(reference__in=["E-001", "E-100"]):
        day = date(2026, 6, 2)
        void_event(event_id=event.pk, voided_on=day, reason="Never began", actor=cast.analyst, at=AT)
    refresh_facts(programme_id=cast.programme.pk)
    assert live(PeopleFact, "job_starters", first_day=date(2026, 6, 1)) == -1


def test_rebuilding_from_nothing_gives_what_the_refreshes_gave(cast: Cast) -> None:
    for month in ("2026-04", "2026-05"):
        close(cast.programme, month)
        refresh_facts(programme_id=cast.programme.pk)
    before = everything()
    rebuild_facts(programme_id=cast.programme.pk)
    assert everything() == before
    assert Month.of(APRIL) in {Month.of(each.first_day) for each in FrozenMonth.objects.all()}
