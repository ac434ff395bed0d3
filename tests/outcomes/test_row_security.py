"""Evidence shows to its provider and its operator only, whatever the application asks (A5, A6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.http import Http404

from accounts.models import User
from mhep.shared.row_security import operators_in_scope, providers_in_scope
from outcomes.access import evidence_to_read
from outcomes.enums import EvidenceState
from outcomes.models import EvidenceFile, EvidenceFileQuerySet, EvidenceView
from outcomes.selectors.evidence import all_evidence, files_of, own_evidence
from outcomes.services.evidence import Upload, add_evidence, check_evidence, hand_out
from participants.services.transfers import Request, accept_transfer, request_transfer
from tests.cast import Cast
from tests.outcomes.drafts import AT, draft_of, every_file, pdf
from tests.participants.people import Two, two_providers

pytestmark = pytest.mark.django_db
TABLES = ["outcomes_evidencefile", "outcomes_evidenceview"]
SEES_BOTH = ("analyst", "finance", "administrator", "auditor")
SEES_NONE = ("commissioner", "approver", "investor", "outsider")


@pytest.fixture
def two(cast: Cast, vault_folder: Path) -> Two:
    """A file of each of two providers, each handed out once."""
    two = two_providers(cast)
    for participant, worker in ((two.ours, cast.specialist), (two.theirs, two.rival)):
        draft = draft_of(worker, participant)
        upload = Upload(pdf(worker.email.encode()), "payslip.pdf")
        file = add_evidence(draft_id=draft.pk, kind="payslip", upload=upload, actor=worker, at=AT)
        hand_out(file=file, viewer=worker, at=AT)
    with all_evidence():
        EvidenceFile.objects.update(state=EvidenceState.CLEAN, scanned_at=AT)
    return two


def rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(cursor.fetchone()[0])


def test_a5_evidence_is_protected_from_the_owner_of_its_tables_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
            " AND relname LIKE 'outcomes%' ORDER BY 1"
        )
        assert [name for (name,) in cursor.fetchall()] == TABLES


@pytest.mark.parametrize("table", TABLES)
def test_a5_without_a_scope_there_is_no_row_and_in_a_scope_only_its_own(table: str, two: Two) -> None:
    assert rows(table) == 0
    for worker in (two.cast.specialist, two.cast.manager, two.rival):
        with own_evidence(worker):
            assert rows(table) == 1
    for name in SEES_BOTH:
        with own_evidence(getattr(two.cast, name)):
            assert rows(table) == 2
    for name in SEES_NONE:
        with own_evidence(getattr(two.cast, name)):
            assert rows(table) == 0
    assert rows(table) == 0


def test_a5_nothing_is_written_into_or_moved_to_another_scope(two: Two) -> None:
    theirs, ours = (each for each in reversed(every_file()))
    outside: dict[str, Any] = {"participant": ours.participant_id, "provider": ours.provider_id}
    with pytest.raises(ProgrammingError, match="row-level security"), own_evidence(two.rival):
        EvidenceView.objects.create(file=ours, viewer=two.rival, viewed_at=AT)
    for user in (two.cast.specialist, two.cast.outsider):
        theirs.pk, theirs.key = None, ours.key
        with pytest.raises(ProgrammingError, match="row-level security"), own_evidence(user):
            theirs.save(force_insert=True)
    with own_evidence(two.cast.specialist):
        assert EvidenceFile.objects.exclude(pk=ours.pk).update(**outside) == 0


def test_a5_whoever_takes_a_person_over_sees_the_evidence_about_them(two: Two) -> None:
    wanted = Request(two.ours.service, "Moves nearer to us.", AT.date())
    request = request_transfer(participant=two.theirs, wanted=wanted, actor=two.rival, at=AT)
    taking: dict[str, Any] = {"specialist": two.cast.specialist, "actor": two.cast.manager}
    accept_transfer(request=request, from_day=AT.date(), at=AT, **taking)
    theirs = every_file()[1]
    assert _may_read(two.cast.specialist, theirs)
    assert not _may_read(two.rival, theirs)


def test_a6_the_row_security_holds_alone(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were every filter of the application forgotten, the database would still show no foreign file."""
    monkeypatch.setattr(EvidenceFileQuerySet, "visible_to", lambda files, _user: files.all())
    ours, theirs = every_file()
    assert _may_read(two.cast.specialist, ours)
    assert not _may_read(two.cast.specialist, theirs)
    assert not _may_read(two.rival, ours)


def test_a6_the_scoping_holds_alone(two: Two) -> None:
    ours, theirs = every_file()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    assert rows("outcomes_evidencefile") == 2
    assert _may_read(two.cast.specialist, ours)
    assert not _may_read(two.cast.specialist, theirs)
    for name in SEES_NONE:
        assert not EvidenceFile.objects.visible_to(getattr(two.cast, name)).exists()


def test_what_looks_after_the_files_sees_them_all_and_deletes_none(two: Two, vault_folder: Path) -> None:
    found = check_evidence(at=AT)
    assert (found.sound, found.spoilt, found.orphans) == (2, (), 0)
    assert len([path for path in vault_folder.rglob("*") if path.is_file()]) == 2


def test_a_scope_of_operators_ends_with_its_block_and_is_no_scope_of_people(two: Two) -> None:
    operator = two.cast.programme.operator_id
    with operators_in_scope([operator]):
        with operators_in_scope([]), providers_in_scope([two.theirs.service.provider_id]):
            assert rows("outcomes_evidencefile") == 1
        assert rows("outcomes_evidencefile") == 2
        assert rows("participants_person") == 0


def test_the_files_of_a_draft_are_listed_for_its_author_only(two: Two) -> None:
    draft = every_file()[0].draft
    assert draft is not None
    assert len(files_of(two.cast.specialist, draft)) == 1
    assert files_of(two.rival, draft) == []


def _may_read(user: User, file: EvidenceFile) -> bool:
    try:
        return evidence_to_read(user, "WL-IPS", file.key) == file
    except Http404:
        return False
