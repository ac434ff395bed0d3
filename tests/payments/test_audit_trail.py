"""The record as a page: who finds what in it, and what the checks of every night say."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent, Change
from audit.services import Finding, check_of_the_day, record
from audit.tasks import check_chain
from outcomes.tasks import check_evidence
from payments.selectors.audit_trail import TrailFilter, changes_to_see, events_to_see
from providers.models import Operator, OperatorMember
from tests.cast import Cast, close

DAY = datetime(2026, 7, 4, 0, 20, tzinfo=UTC)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def link_changes() -> None:
    """Bind what this transaction changed, as its commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_the_trail_is_searched_by_day_person_and_subject(cast: Cast) -> None:
    close(cast.programme, "2026-04", cast.finance)
    record(actor=cast.analyst, action="event.verified", subject="event 7", at=DAY, note="sound")
    client = signed_in(cast.auditor)
    assert "month.closed" in client.get("/audit/").text
    found = client.get("/audit/", {"from": "2026-07-04", "to": "2026-07-04", "who": "analyst"}).text
    assert "event.verified" in found
    assert "month.closed" not in found
    for wanted in ({"to": "2026-07-02"}, {"who": "nobody"}, {"what": "event 8"}):
        assert "Nothing was found" in client.get("/audit/", wanted).text
    assert "event.verified" in client.get("/audit/", {"from": "no day", "what": "EVENT 7"}).text


def test_a_changed_row_shows_before_and_after_and_no_secret(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_user SET name = 'Renamed', password = 'x' WHERE id = %s", [cast.analyst.pk]
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    changes = list(Change.objects.filter(table="accounts_user", operation="UPDATE"))
    assert changes
    OperatorMember.objects.create(
        operator=Operator.objects.get(code="OTHER"), user=cast.auditor, role="AUDITOR"
    )
    page = signed_in(cast.auditor).get("/audit/changes/", {"what": f"accounts_user {cast.analyst.pk}"}).text
    assert "name: Renamed" in page
    assert "password: …" in page
    assert "password: x" not in page


def test_the_files_hold_what_the_page_shows(cast: Cast) -> None:
    record(actor=cast.finance, action="month.priced", subject="WL-IPS 2026-05", at=DAY, charges=3)
    answer = signed_in(cast.finance).get("/audit/events.csv", {"what": "2026-05"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1:] == [
        ["2026-07-04 00:20:00", "Example Finance", "month.priced", "WL-IPS 2026-05", '{"charges": 3}']
    ]
    assert signed_in(cast.finance).get("/audit/changes.xlsx").status_code == 200
    assert signed_in(cast.finance).get("/audit/events.pdf").status_code == 404


def test_another_operator_finds_nothing_of_ours_and_we_nothing_of_theirs(cast: Cast) -> None:
    for actor in (cast.finance, cast.outsider, cast.commissioner, None):
        record(actor=actor, action="canary", subject=actor.email if actor else "system", at=DAY)
    both = User.objects.create_user("both@example.org", "correct horse battery staple", name="Both")
    for operator in Operator.objects.all():
        OperatorMember.objects.create(operator=operator, user=both, role="ANALYST")
    record(actor=both, action="canary", subject="both", at=DAY)
    wanted = TrailFilter(what="canary")
    seen = {
        who: {each.subject for each in events_to_see(who, wanted)} for who in (cast.auditor, cast.outsider)
    }
    assert seen[cast.auditor] == {cast.finance.email, cast.commissioner.email}
    assert seen[cast.outsider] == {cast.outsider.email}
    assert len(events_to_see(both, wanted)) == 5
    assert not changes_to_see(cast.outsider, TrailFilter(who="system")).exists()


def test_a_day_is_checked_once_and_the_page_says_what_was_found(cast: Cast) -> None:
    client = signed_in(cast.auditor)
    assert client.get("/audit/").text.count("The check of every night has not run yet.") == 2
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(2):
            link_changes()
            check_chain()
            check_evidence()
        assert AuditEvent.objects.filter(action__startswith="check.").count() == 2
        assert client.get("/audit/").text.count("Holds") == 2
        clock.shift(timedelta(hours=31))
        link_changes()
        assert signed_in(cast.auditor).get("/audit/").text.count("Overdue") == 2
        check_chain()
    assert AuditEvent.objects.filter(action="check.audit_trail").count() == 2


def test_what_is_broken_is_loud_in_the_log_and_on_the_page(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Finding(is_sound=False, found="The chain is broken at position 3: why")
    assert check_of_the_day("check.audit_trail", lambda: broken, at=timezone.now()) == broken
    assert "broken at position 3" in caplog.text
    told = "1 check of every night found something or is overdue"
    assert told in signed_in(cast.administrator).get("/todo/").text
    assert told not in signed_in(cast.finance).get("/todo/").text
    page = signed_in(cast.administrator).get("/audit/").text
    assert "Broken" in page
    assert "The chain is broken at position 3: why" in page
