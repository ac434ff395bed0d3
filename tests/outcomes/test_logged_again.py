"""What does not count is logged again with its evidence: own rows, the same bytes, no room twice (F14)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse

from mhep.shared import vault
from outcomes.enums import EvidenceState, Rule
from outcomes.models import EvidenceFile, OutcomeDraft, OutcomeEvent
from outcomes.selectors.drafts import read_draft
from outcomes.selectors.evidence import all_evidence, files_of, proof_of
from outcomes.services.claims import CannotChangeDraft, discard_draft, log_again, submit_claim
from outcomes.services.evidence import (
    CannotAddEvidence,
    Upload,
    add_evidence,
    check_evidence,
    hand_out,
    remove_evidence,
)
from outcomes.services.verification import reject_event, verify_event, void_event
from tests.cast import Cast
from tests.outcomes.drafts import AT, demanding, draft_of, edit, every_file, pdf, person

pytestmark = pytest.mark.django_db
CONTENTS = {"consent_form": pdf(b"consent"), "payslip": pdf(b"wages")}


@pytest.fixture
def event(cast: Cast, vault_folder: Path) -> OutcomeEvent:
    """An engagement with two files, one of them found clean; rejected."""
    demanding(cast)
    draft = draft_of(cast.specialist, person(cast))
    for kind, content in CONTENTS.items():
        add_evidence(
            draft_id=draft.pk,
            kind=kind,
            upload=Upload(content, f"{kind}.pdf"),
            actor=cast.specialist,
            at=AT,
        )
    with all_evidence():
        EvidenceFile.objects.filter(kind="payslip").update(state=EvidenceState.CLEAN, scanned_at=AT)
    draft.refresh_from_db()
    event = submit_claim(edit=edit(draft, cast.specialist))
    doing: dict[str, Any] = {"event_id": event.pk, "actor": cast.analyst, "at": AT}
    reject_event(about=Rule.OTHER, reason="Blurred.", cure="Log it again.", **doing)
    event.refresh_from_db()
    return event


@pytest.fixture
def draft(event: OutcomeEvent, cast: Cast) -> OutcomeDraft:
    return log_again(event=event, actor=cast.specialist, at=AT)


def test_the_evidence_comes_along_as_rows_of_its_own_and_no_byte_is_copied(
    cast: Cast, event: OutcomeEvent, draft: OutcomeDraft, vault_folder: Path
) -> None:
    proof, carried = proof_of(cast.analyst, event), files_of(cast.specialist, draft)
    assert [file.stored_as for file in carried] == [file.key for file in proof]
    assert not {file.key for file in carried} & {file.key for file in proof}
    assert [(file.kind, file.state) for file in carried] == [
        ("consent_form", EvidenceState.RECEIVED),
        ("payslip", EvidenceState.CLEAN),
    ]
    assert [hand_out(file=file, viewer=cast.specialist, at=AT) for file in carried] == [*CONTENTS.values()]
    assert len([path for path in vault_folder.rglob("*") if path.is_file()]) == 2
    assert draft.held == []
    assert read_draft(draft, AT.date()).passes
    assert log_again(event=event, actor=cast.specialist, at=AT) == draft
    assert len(every_file()) == 4


def test_what_is_logged_again_is_submitted_with_its_evidence_and_may_be_logged_again_once_more(
    cast: Cast, event: OutcomeEvent, draft: OutcomeDraft
) -> None:
    second = submit_claim(edit=edit(draft, cast.specialist))
    assert sorted(file.kind for file in proof_of(cast.analyst, second)) == ["consent_form", "payslip"]
    assert len(proof_of(cast.analyst, event)) == 2
    reject_event(event_id=second.pk, about=Rule.OTHER, reason="No.", cure="Again.", actor=cast.analyst, at=AT)
    second.refresh_from_db()
    third = log_again(event=second, actor=cast.specialist, at=AT)
    shared = {file.stored_as for file in files_of(cast.specialist, third)}
    assert shared == {file.key for file in proof_of(cast.analyst, event)}


@pytest.mark.parametrize("limit", ["EVIDENCE_QUOTA", "EVIDENCE_DAILY_QUOTA"])
def test_f14_shared_bytes_take_room_once(cast: Cast, draft: OutcomeDraft, settings: Any, limit: str) -> None:
    used = sum(map(len, CONTENTS.values()))
    new = Upload(pdf(b"new"), "new.pdf")
    adding: dict[str, Any] = {"draft_id": draft.pk, "kind": "contract", "actor": cast.specialist, "at": AT}
    setattr(settings, limit, used + len(new.content) - 1)
    with pytest.raises(CannotAddEvidence):
        add_evidence(upload=new, **adding)
    setattr(settings, limit, used + len(new.content))
    assert add_evidence(upload=new, **adding).stored_as is None


def test_taking_it_off_the_draft_leaves_the_first_outcomes_evidence_as_it_was(
    cast: Cast, event: OutcomeEvent, draft: OutcomeDraft, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        remove_evidence(file_id=files_of(cast.specialist, draft)[0].pk, actor=cast.specialist, at=AT)
        discard_draft(draft_id=draft.pk, actor=cast.specialist, at=AT)
    proof = proof_of(cast.analyst, event)
    assert [hand_out(file=file, viewer=cast.analyst, at=AT) for file in proof] == [*CONTENTS.values()]
    assert files_of(cast.specialist, draft) == []


def test_the_daily_check_reads_shared_bytes_for_each_row_and_deletes_none(
    cast: Cast, draft: OutcomeDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outcomes.services.evidence.ORPHANED", -60)
    found = check_evidence(at=AT)
    assert (found.sound, found.spoilt, found.orphans) == (4, (), 0)
    first = every_file()[0]
    vault.remove(first.key)
    assert len(check_evidence(at=AT).spoilt) == 2


def test_a_voided_outcome_is_logged_again_too_and_no_other(cast: Cast, event: OutcomeEvent) -> None:
    again = submit_claim(edit=edit(log_again(event=event, actor=cast.specialist, at=AT), cast.specialist))
    client = Client()
    client.force_login(cast.specialist)
    with pytest.raises(CannotChangeDraft, match="rejected or voided"):
        log_again(event=again, actor=cast.specialist, at=AT)
    doing: dict[str, Any] = {"event_id": again.pk, "actor": cast.analyst, "at": AT}
    verify_event(**doing)
    void_event(voided_on=AT.date(), reason="Wrong person.", **doing)
    again.refresh_from_db()
    page = client.get(reverse("outcomes:outcome-detail", args=["WL-IPS", again.pk])).text
    assert "Log it again" in page
    draft = log_again(event=again, actor=cast.specialist, at=AT)
    assert len(files_of(cast.specialist, draft)) == 2


@pytest.mark.parametrize(
    "attack", ["sha256 = repeat('0', 64)", "stored_as = gen_random_uuid()", "kind = 'x'"]
)
def test_the_database_lets_a_row_share_the_bytes_of_its_like_only(
    cast: Cast, draft: OutcomeDraft, attack: str
) -> None:
    column, value = attack.split(" = ", 1)
    names = [str(field.column) for field in EvidenceFile._meta.concrete_fields if field.column != "id"]
    chosen = [value if name == column else "gen_random_uuid()" if name == "key" else name for name in names]
    shared = files_of(cast.specialist, draft)[0]
    copy = (
        f"INSERT INTO outcomes_evidencefile ({', '.join(names)}) "  # noqa: S608
        f"SELECT {', '.join(chosen)} FROM outcomes_evidencefile WHERE id = %s"
    )
    with pytest.raises(DatabaseError, match="shares the bytes"), all_evidence():
        connection.cursor().execute(copy, [shared.pk])
