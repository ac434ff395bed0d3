"""Drafts of outcomes in the small programme, with what its rules ask for, and files to add to them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

from PIL import Image

from accounts.models import User
from funders.models import OutcomeType
from outcomes.models import EvidenceFile, EvidenceView, OutcomeDraft
from outcomes.selectors.evidence import all_evidence
from outcomes.services.claims import Edit, begin_draft, choose_outcome, keep_typed
from participants.models import Participant
from tests.cast import Cast

AT = datetime(2026, 6, 20, 9, 0, tzinfo=UTC)
TYPED = {"happened_day": "15", "happened_month": "6", "happened_year": "2026", "hours": "20", "job": "Job 1"}


def demanding(cast: Cast, code: str = "ENGAGED") -> OutcomeType:
    """Let an outcome type of the small programme ask for a consent form, and a payslip or a contract."""
    kind = cast.programme.outcome_types.get(code=code)
    kind.evidence_all_of = ["consent_form"]
    kind.evidence_one_set_of = [["payslip"], ["contract", "bank_statement"]]
    kind.min_hours = Decimal(16)
    kind.submit_within_days = 60
    kind.save()
    return kind


def person(cast: Cast, reference: str = "P-003") -> Participant:
    return Participant.objects.get(programme=cast.programme, reference=reference)


def draft_of(actor: User, participant: Participant, outcome: str = "ENGAGED", **typed: str) -> OutcomeDraft:
    """Begin a draft, say what was achieved, and type the rest."""
    draft = begin_draft(participant=participant, actor=actor, at=AT)
    kind = OutcomeType.objects.get(programme=participant.programme_id, code=outcome)
    draft = choose_outcome(edit=edit(draft, actor), outcome_type=kind)
    return keep_typed(edit=edit(draft, actor), typed={**TYPED, **typed})


def edit(draft: OutcomeDraft, actor: User) -> Edit:
    return Edit(draft.pk, draft.version, actor, AT)


def every_file() -> list[EvidenceFile]:
    """Return all evidence there is, the eldest first, as nobody who signs in sees it."""
    with all_evidence():
        return list(EvidenceFile.objects.order_by("pk"))


def every_reading() -> list[EvidenceView]:
    """Return who was handed which evidence, the eldest first."""
    with all_evidence():
        return list(EvidenceView.objects.order_by("pk").select_related("viewer"))


def picture(form: str = "JPEG", size: tuple[int, int] = (640, 480), **about: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, form, **about)
    return out.getvalue()


def telephone_picture() -> bytes:
    """
    Return a HEIC picture as an iPhone writes it: it lies on its side, with a note to turn it, stated twice.

    Upright it is 64 points wide and 96 high, and red in the corner at the top on the right.
    """
    return (Path(__file__).parent / "photo.heic").read_bytes()


def pdf(inside: bytes = b"") -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
        + inside
        + b"\ntrailer << /Root 1 0 R >>\n%%EOF\n"
    )


def office(entries: Mapping[str, bytes] | None = None) -> bytes:
    """Return a Word file; further entries by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
        for name, content in (entries or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def letter(attachment: bytes | None = None, name: str = "payslip.pdf") -> bytes:
    """Return an e-mail, with an attachment if one is given."""
    message = EmailMessage()
    message["From"], message["To"] = "payroll@example.org", "specialist@example.org"
    message["Date"], message["Subject"] = "Mon, 15 Jun 2026 09:00:00 +0100", "Confirmation"
    message.set_content("Works 20 hours a week.")
    if attachment is not None:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
