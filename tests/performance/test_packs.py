"""The monthly packs: made once with the page's own figures, told of once, and read by those they are for."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from python_calamine import CalamineWorkbook

from funders.models import Programme
from mhep.shared.sheets import as_xlsx
from performance.enums import PackLetterState
from performance.models import Pack, PackLetter
from performance.selectors.dashboard import dashboard
from performance.selectors.dashboard_sheets import sheets_of
from performance.selectors.published_page import published_page, published_sheets
from performance.selectors.scope import scope_for
from performance.services.facts import refresh_facts
from performance.services.packs import SpoiltPack, file_of, make_packs, tell_of_packs
from tests.cast import AT, Cast, close
from tests.performance.planning import ruled

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(cast: Cast) -> Cast:
    """Return the cast after its first month was closed and frozen."""
    close(cast.programme, "2026-04")
    refresh_facts(programme_id=cast.programme.pk)
    return cast


def test_each_funder_gets_one_pack_of_the_newest_closed_month(closed: Cast) -> None:
    assert make_packs(at=AT) == 2
    assert make_packs(at=AT) == 0
    close(closed.programme, "2026-05")
    refresh_facts(programme_id=closed.programme.pk)
    assert make_packs(at=AT) == 2
    packs = Pack.objects.filter(funder__code="EALING").order_by("pk")
    assert [str(pack.month.month) for pack in packs] == ["2026-04", "2026-05"]


def test_a_month_that_is_open_has_no_pack(cast: Cast) -> None:
    assert make_packs(at=AT) == 0


def test_the_workbook_has_the_figures_of_the_page_that_its_funder_sees(closed: Cast) -> None:
    make_packs(at=AT)
    scope = scope_for(closed.commissioner, Programme.objects.get(pk=closed.programme.pk))
    assert scope.funder is not None
    pack = Pack.objects.get(funder=scope.funder)
    page = dashboard(scope, closed.programme.local_date(AT), lambda minor: f"£{minor / 100:,.2f}")
    assert rows_of(file_of(pack, "xlsx")) == rows_of(as_xlsx(*sheets_of(page)))
    assert file_of(pack, "pdf").startswith(b"%PDF")


def test_a_funder_under_disclosure_control_gets_the_published_tables_and_nothing_else(closed: Cast) -> None:
    """C1: no exact count of people reaches a role under control, not in the pack either."""
    ruled(closed)
    make_packs(at=AT)
    pack = Pack.objects.get(funder__code="EALING")
    published = published_sheets(published_page(closed.programme))
    assert published[0].rows
    assert rows_of(file_of(pack, "xlsx")) == rows_of(as_xlsx(*published))


def test_people_of_a_funder_are_told_once_whatever_restarts(closed: Cast) -> None:
    make_packs(at=AT)
    left = tell_of_packs(at=AT)
    assert left == PackLetter.objects.filter(state="SENT").count() == len(mail.outbox)
    assert left
    assert tell_of_packs(at=AT + timedelta(hours=1)) == 0
    letter = next(each for each in mail.outbox if each.to == [closed.commissioner.email])
    assert "is ready" in letter.subject
    assert reverse("performance:pack-list", args=[closed.programme.code]) in letter.body
    assert closed.commissioner.name not in letter.body


def test_a_letter_cut_off_while_it_is_sent_is_not_sent_again(closed: Cast) -> None:
    make_packs(at=AT)
    for pack in Pack.objects.all():
        for member in pack.funder.members.all():
            PackLetter.objects.create(pack=pack, user=member.user, begun_at=AT)
    assert tell_of_packs(at=AT) == 0
    assert mail.outbox == []


@override_settings(
    EMAIL_HOST="127.0.0.1", EMAIL_PORT=9, EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend"
)
def test_a_letter_that_cannot_leave_is_tried_again_for_four_weeks(closed: Cast) -> None:
    make_packs(at=AT)
    assert tell_of_packs(at=AT) == 0
    assert set(PackLetter.objects.values_list("state", flat=True)) == {PackLetterState.AWAY}
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        assert tell_of_packs(at=AT + timedelta(days=29)) == 0
        assert tell_of_packs(at=AT + timedelta(days=1)) == PackLetter.objects.count()


def test_a_funder_reads_its_own_packs_and_no_other(closed: Cast) -> None:
    make_packs(at=AT)
    own = address(closed, "EALING", "pdf")
    assert client_of(closed.commissioner).get(own).content.startswith(b"%PDF")
    assert client_of(closed.commissioner).get(address(closed, "FOUND", "pdf")).status_code == 404
    assert client_of(closed.auditor).get(address(closed, "FOUND", "xlsx")).status_code == 200
    assert client_of(closed.manager).get(own).status_code == 403
    page = client_of(closed.commissioner).get(reverse("performance:pack-list", args=[closed.programme.code]))
    assert [pack.funder.code for pack in page.context["page"]] == ["EALING"]


def test_a_pack_stays_as_it_was_made_and_says_when_it_was_spoilt(closed: Cast) -> None:
    make_packs(at=AT)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE performance_pack SET pdf = 'x'")
    pack = Pack.objects.all()[0]
    pack.pdf = b"spoilt"
    with pytest.raises(SpoiltPack):
        file_of(pack, "pdf")


def address(cast: Cast, funder: str, form: str) -> str:
    return reverse("performance:pack-file", args=[cast.programme.code, funder, "2026-04", form])


def rows_of(workbook: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
