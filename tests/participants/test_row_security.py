"""Personal data shows to the person's own provider only, whatever the application asks (A5 to A7)."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from funders.models import Service
from mhep.shared.encryption import encrypted_fields
from mhep.shared.row_security import OPERATORS, PROVIDERS, providers_in_scope
from participants.access import own_people
from participants.enums import ActivityKind, WorkKind
from participants.models import AccessLog, Activity, Goal, GoalView, JobDetail, Participant, Person
from participants.models.people import PersonalQuerySet
from participants.services.people import CannotReadName, read_name
from participants.services.support import Support, Wishes, add_activity, keep_profile, set_goal, view_goal
from participants.services.work import NewJob, begin_job
from providers.models import Provider, ProviderMember
from tests.cast import Cast, a_cast
from tests.participants.people import AT, Two, started, two_providers

TODAY = date(2026, 6, 19)
PROTECTED = """
SELECT relname FROM pg_class
WHERE relrowsecurity AND relforcerowsecurity AND relname LIKE 'participants%' ORDER BY 1
"""
PERSONAL = [
    "participants_activity",
    "participants_goal",
    "participants_goalview",
    "participants_jobdetail",
    "participants_person",
    "participants_vocationalprofile",
]


@pytest.fixture
def two(cast: Cast) -> Two:
    two = two_providers(cast)
    for participant, worker in ((two.ours, cast.specialist), (two.theirs, two.rival)):
        by: dict[str, Any] = {"actor": worker, "at": AT}
        with own_people(worker):
            support = Support(ActivityKind.CONTACT, TODAY, uuid4(), "Canary note")
            add_activity(participant=participant, support=support, **by)
            goal = set_goal(participant=participant, text="Canary goal", set_on=TODAY, **by)
            view_goal(goal=goal, score=2, seen_on=TODAY, **by)
            wishes = Wishes(work_wanted="Canary wish")
            keep_profile(participant=participant, wishes=wishes, discussed_on=TODAY, **by)
            job = NewJob(WorkKind.WORK, "Canary Ltd", "Cook", "", TODAY)
            begin_job(participant=participant, job=job, **by)
    return two


def rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a5_every_table_that_says_who_somebody_is_is_protected_from_its_owner_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(PROTECTED)
        assert [name for (name,) in cursor.fetchall()] == PERSONAL
    encrypted = {
        model._meta.db_table for model, _ in encrypted_fields() if model._meta.app_label == "participants"
    }
    assert encrypted == set(PERSONAL) - {"participants_goalview"}


@pytest.mark.parametrize("table", PERSONAL)
def test_a5_without_a_scope_there_is_no_row_and_in_a_scope_only_its_own(table: str, two: Two) -> None:
    assert rows(table) == 0
    with own_people(two.cast.specialist):
        assert rows(table) == 1
    with own_people(two.rival):
        assert rows(table) == 1
    with providers_in_scope([two.ours.service.provider_id, two.theirs.service.provider_id]):
        assert rows(table) == 2
    assert rows(table) == 0


@pytest.mark.parametrize(
    "person", ["analyst", "finance", "administrator", "auditor", "commissioner", "outsider"]
)
@pytest.mark.parametrize("table", PERSONAL)
def test_a5_nobody_else_has_a_scope(table: str, person: str, two: Two) -> None:
    with own_people(getattr(two.cast, person)):
        assert rows(table) == 0


@pytest.mark.parametrize("model", [Person, Activity, Goal, JobDetail, GoalView])
def test_a5_nothing_is_written_into_another_scope(model: type[Model], two: Two) -> None:
    with own_people(two.rival):
        row: Any = model._default_manager.get()
    row.participant = two.ours
    row.pk = None if model is not Person else row.pk
    with pytest.raises(ProgrammingError, match="row-level security"), own_people(two.rival):
        row.save(force_insert=True)


@pytest.mark.parametrize("model", [Activity, Goal, JobDetail, GoalView])
def test_a5_nothing_is_moved_into_another_scope(model: type[Model], two: Two) -> None:
    rows_of: Any = model._default_manager
    with pytest.raises(ProgrammingError, match="row-level security"), own_people(two.rival):
        rows_of.update(participant=two.ours)


def test_a_scope_ends_with_its_block_and_the_one_around_it_comes_back(two: Two) -> None:
    with own_people(two.cast.specialist):
        with own_people(two.rival):
            assert Person.objects.get().name == "Canary Theirs"
        assert Person.objects.get().name == "Canary Ours"


def test_a_scope_ends_when_its_block_fails(two: Two) -> None:
    with pytest.raises(ZeroDivisionError), own_people(two.cast.specialist):
        1 / 0  # noqa: B018
    assert rows("participants_person") == 0


def test_a6_the_scoping_holds_alone(two: Two) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in PERSONAL:
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    assert rows("participants_person") == 2
    for model in (Person, Activity, Goal, GoalView, JobDetail):
        visible: Any = model.objects
        assert [row.participant_id for row in visible.visible_to(two.cast.specialist)] == [two.ours.pk]
        assert not visible.visible_to(two.cast.administrator).exists()
    assert two.theirs not in Participant.objects.visible_to(two.cast.specialist)


def test_a_name_is_read_with_a_reason_and_the_reading_stays(two: Two) -> None:
    before = timezone.now()
    with transaction.atomic():
        person = read_name(
            participant=two.ours, reader=two.cast.analyst, reason="Payslip shows another name", at=AT
        )
        assert person is not None
        assert person.name == "Canary Ours"
        assert rows("participants_person") == 1
    log = AccessLog.objects.get()
    assert (log.participant, log.reader, log.reason) == (
        two.ours,
        two.cast.analyst,
        "Payslip shows another name",
    )
    assert log.read_at <= before  # the transaction's own time, not the caller's


def test_a_name_is_not_read_without_a_reason(two: Two) -> None:
    with pytest.raises(CannotReadName, match="why you need"):
        read_name(participant=two.ours, reader=two.cast.analyst, reason="  why  ", at=AT)
    assert not AccessLog.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_reading_opens_the_name_for_its_own_transaction_only() -> None:
    two = two_providers(a_cast())
    with transaction.atomic():
        read_name(participant=two.ours, reader=two.cast.analyst, reason="Payslip check for E-1", at=AT)
        assert rows("participants_person") == 1
    assert rows("participants_person") == 0


def more_providers(cast: Cast) -> dict[User, str]:
    """Return a specialist of each of eight further providers, with the name of their only person."""
    found = {}
    for number in range(8):
        provider = Provider.objects.create(
            operator=cast.programme.operator, code=f"M{number}", name=f"More {number}"
        )
        service = Service.objects.create(
            programme=cast.programme,
            provider=provider,
            code=f"M-{number}",
            name=f"More {number}",
            starts_on=date(2026, 4, 1),
            position=20 + number,
        )
        user = User.objects.create_user(f"more{number}@example.org", None, name=f"Example {number}")
        ProviderMember.objects.create(provider=provider, user=user, role="SPECIALIST")
        found[user] = f"Canary {number}"
        started(service, user, name=found[user])
    return found


@pytest.mark.django_db(transaction=True)
def test_a7_no_scope_crosses_over_on_connections_that_are_used_again() -> None:
    """A thousand times, people of ten organisations take turns on two connections."""
    two = two_providers(a_cast())
    expected = {two.cast.specialist: "Canary Ours", two.rival: "Canary Theirs", **more_providers(two.cast)}
    assert len(expected) == 10
    crossings: list[str] = []

    def ask(first: int) -> None:
        try:
            for turn in range(500):
                user, name = list(expected.items())[(3 * first + turn) % len(expected)]
                if turn % 7 == 0:
                    with pytest.raises(ZeroDivisionError), own_people(user):
                        1 / 0  # noqa: B018
                with own_people(user):
                    crossings.extend({person.name for person in Person.objects.all()} ^ {name})
                with connection.cursor() as cursor:
                    for setting in (PROVIDERS, OPERATORS):
                        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [setting])
                        crossings.extend(left for (left,) in cursor.fetchall() if left)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[first]) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crossings == []


def test_a6_the_row_security_holds_alone(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were every filter of the application forgotten, the database would still show no foreign row."""
    monkeypatch.setattr(PersonalQuerySet, "visible_to", lambda rows, _user: rows.all())
    for model in (Person, Activity, Goal, JobDetail):
        assert not model.objects.visible_to(two.cast.specialist).exists()
        with own_people(two.cast.specialist):
            shown = set(model.objects.visible_to(two.cast.specialist).values_list("participant", flat=True))
            assert shown == {two.ours.pk}
