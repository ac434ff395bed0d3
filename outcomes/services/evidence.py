"""Evidence files: taking one in, having it scanned, handing it out, and making sure that all are sound."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet, Sum

from accounts.models import User
from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from mhep.shared import scanning, vault
from mhep.shared.received import NotTaken, receive
from outcomes.enums import EvidenceState
from outcomes.models import (
    AnswerDraft,
    EvidenceFile,
    EvidenceFileQuerySet,
    EvidenceView,
    OutcomeDraft,
    OutcomeEvent,
)
from outcomes.selectors.evidence import all_evidence, own_evidence
from providers.models import Provider

MOST_FILES = 10  # for one outcome
STALE = timedelta(minutes=10)  # a scan that takes longer has been cut off
OF_THE_BYTES = ("kind", "name", "content_type", "size", "sha256")
ORPHANED = 24 * 60 * 60  # seconds after which bytes without a row are nobody's
log = logging.getLogger(__name__)


class CannotAddEvidence(BusinessRuleError):
    pass


class EvidenceSpoilt(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in: its bytes, and the name that its sender gave it."""

    content: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Check:
    """What :func:`check_evidence` found: how many files are sound, and the keys of those that are not."""

    sound: int
    spoilt: tuple[UUID, ...]
    scanned: int
    orphans: int


def add_evidence(*, draft_id: int, kind: str, upload: Upload, actor: User, at: datetime) -> EvidenceFile:
    """
    Keep a file as evidence of a draft, encrypted, and have it scanned where there is a scanner.

    :raises CannotAddEvidence: if the file is not taken, or there is no room for it; the text says why.
    """
    return _take(_Sender(actor, at, lambda: _draft_to_fill(draft_id)), kind, upload)


def add_answer_evidence(
    *, answer_id: int, kind: str, upload: Upload, actor: User, at: datetime
) -> EvidenceFile:
    """
    Keep a file as evidence that comes with an answer, under the same limits.

    :raises CannotAddEvidence: if the file is not taken, or there is no room for it; the text says why.
    """
    return _take(_Sender(actor, at, lambda: _answer_to_fill(answer_id)), kind, upload)


def carry_along(*, event: OutcomeEvent, draft: OutcomeDraft, actor: User, at: datetime) -> list[EvidenceFile]:
    """
    Let the files that prove an event come with a draft that logs it again; return the new rows.

    Their bytes are shared and take no room; what the scanner said of them stays said. Needs a transaction.
    """
    with own_evidence(actor):
        carried = [
            EvidenceFile(
                stored_as=file.bytes_key,
                draft=draft,
                participant=draft.participant,
                provider_id=draft.participant.service.provider_id,
                uploaded_by=actor,
                uploaded_at=at,
                **{name: getattr(file, name) for name in OF_THE_BYTES},
                **_verdict_known(file),
            )
            for file in event.files.counting()
        ]
        for file in carried:
            file.save(force_insert=True)
            record(actor=actor, action="evidence.carried", subject=_subject(file), at=at)
    return carried


def remove_evidence(*, file_id: int, actor: User, at: datetime) -> None:
    """
    Take a file off a draft, or off an answer, and delete its bytes; doing it twice changes nothing.

    :raises CannotAddEvidence: if it has been sent.
    """
    with own_evidence(actor):
        file = EvidenceFile.objects.select_for_update().get(pk=file_id)
        if file.event_id is not None:
            raise CannotAddEvidence("The outcome has been submitted with this file, so the file stays.")
        if file.removed_at is None:
            file.removed_at = at
            file.save(update_fields=["removed_at"])
            record(actor=actor, action="evidence.removed", subject=_subject(file), at=at)
            if file.stored_as is None:
                transaction.on_commit(lambda: vault.remove(file.key))


def scan_evidence(*, file_id: int, at: datetime) -> EvidenceFile:
    """
    Have one file scanned. Without a verdict it stays "not yet scanned"; a verdict is never taken back.

    Safe to run again, and beside itself: one of them scans.
    """
    with all_evidence():
        waiting = EvidenceFile.objects.filter(
            pk=file_id, state=EvidenceState.RECEIVED, removed_at__isnull=True
        )
        is_mine = scanning.is_configured() and waiting.update(state=EvidenceState.SCANNING, scanned_at=at)
        file = EvidenceFile.objects.get(pk=file_id)
    if not is_mine:
        return file
    found = _verdict_on(file, at)  # outside of every transaction: a slow scanner holds nobody else up
    with all_evidence():
        EvidenceFile.objects.filter(pk=file_id, state=EvidenceState.SCANNING).update(**found)
        return EvidenceFile.objects.get(pk=file_id)


def hand_out(*, file: EvidenceFile, viewer: User, at: datetime) -> bytes:
    """
    Log that somebody is handed a file, then return its bytes; the caller has made sure that they may.

    :raises EvidenceSpoilt: if the bytes are not those that came in (catalogue F15).
    """
    with own_evidence(viewer):
        EvidenceView.objects.create(file=file, viewer=viewer, viewed_at=at)
    return _sound_bytes(file)


def check_evidence(*, at: datetime) -> Check:
    """
    Read every stored file, scan what waits for it, encrypt anew what an older key encrypted.

    Bytes that belong to no row for a day are deleted. Safe to run beside people who work.
    """
    with all_evidence():
        cut_off = EvidenceFile.objects.filter(state=EvidenceState.SCANNING, scanned_at__lt=at - STALE)
        cut_off.update(state=EvidenceState.RECEIVED, scanned_at=None)
    spoilt: list[UUID] = []
    sound = scanned = 0
    for file in _every_kept_file():
        try:
            _sound_bytes(file)
            vault.keep_current(file.bytes_key)
        except EvidenceSpoilt:
            spoilt.append(file.key)
            continue
        sound += 1
        if file.state == EvidenceState.RECEIVED:
            scanned += scan_evidence(file_id=file.pk, at=at).state != EvidenceState.RECEIVED
    return Check(sound, tuple(spoilt), scanned, sum(1 for _ in _delete_orphans()))


@dataclass(frozen=True, slots=True)
class _Holder:
    """What a new file comes with: where it is kept, whom it is about, and whose room it takes."""

    files: EvidenceFileQuerySet
    about: Mapping[str, Model]
    provider_id: int


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who adds a file, when, and the way to what it comes with, which locks that and may refuse."""

    actor: User
    at: datetime
    holder: Callable[[], _Holder]


def _take(sender: _Sender, kind: str, upload: Upload) -> EvidenceFile:
    try:
        received = receive(upload.content, upload.name)
    except NotTaken as refusal:
        raise CannotAddEvidence(str(refusal)) from refusal
    key = uuid4()
    try:
        with own_evidence(sender.actor):
            holder = _room_for(sender, len(received.content))
            digest = hashlib.sha256(received.content).hexdigest()
            same = holder.files.kept().filter(kind=kind, sha256=digest).first()
            if same is not None:  # the form was sent twice
                return same
            vault.put(key, received.content)
            file = EvidenceFile.objects.create(
                key=key,
                provider_id=holder.provider_id,
                kind=kind,
                name=received.name,
                content_type=received.content_type,
                size=len(received.content),
                sha256=digest,
                uploaded_by=sender.actor,
                uploaded_at=sender.at,
                **holder.about,
            )
            record(actor=sender.actor, action="evidence.added", subject=_subject(file), at=sender.at)
    except BaseException:
        vault.remove(key)
        raise
    return scan_evidence(file_id=file.pk, at=sender.at)


def _draft_to_fill(draft_id: int) -> _Holder:
    drafts = OutcomeDraft.objects.select_for_update(of=("self",))
    draft = drafts.select_related("participant__service").get(pk=draft_id)
    if draft.event_id is not None or draft.discarded_at is not None:
        raise CannotAddEvidence("This outcome has been submitted or deleted. Nothing can be added to it.")
    about = {"draft": draft, "participant": draft.participant}
    return _Holder(draft.files.all(), about, draft.participant.service.provider_id)


def _answer_to_fill(answer_id: int) -> _Holder:
    answers = AnswerDraft.objects.select_for_update(of=("self",))
    answer = answers.select_related("query__event__participant", "query__event__service").get(pk=answer_id)
    event = answer.query.event
    if answer.query.answered_at is not None:
        raise CannotAddEvidence("The question has been answered. Nothing can be added to the answer.")
    about = {"answer": answer, "participant": event.participant}
    return _Holder(answer.files.all(), about, event.service.provider_id)


def _room_for(sender: _Sender, size: int) -> _Holder:
    """Lock whose room is used, and make sure that there is enough (catalogue F14)."""
    User.objects.select_for_update(no_key=True).get(pk=sender.actor.pk)
    holder = sender.holder()
    Provider.objects.select_for_update(no_key=True).get(pk=holder.provider_id)
    if holder.files.kept().count() >= MOST_FILES:
        raise CannotAddEvidence(
            f"An outcome takes {MOST_FILES} files. Remove one, or put pages into one PDF."
        )
    handed_in = EvidenceFile.objects.taking_room()
    files = handed_in.filter(provider=holder.provider_id, removed_at__isnull=True)
    today = handed_in.filter(uploaded_by=sender.actor, uploaded_at__gt=sender.at - timedelta(days=1))
    with all_evidence():  # room is used by all of it, whichever organisation the sender works for now
        used, used_today = _size(files), _size(today)
    if used + size > settings.EVIDENCE_QUOTA:
        raise CannotAddEvidence(
            "Your organisation has used all of its room for evidence. Ask the operator for more."
        )
    if used_today + size > settings.EVIDENCE_DAILY_QUOTA:
        raise CannotAddEvidence("You have added as much as one person can in a day. Go on tomorrow.")
    return holder


def _size(files: QuerySet[EvidenceFile]) -> int:
    total: int | None = files.aggregate(total=Sum("size"))["total"]
    return total or 0


def _sound_bytes(file: EvidenceFile) -> bytes:
    try:
        content = vault.get(file.bytes_key)
    except vault.SpoiltFile as error:
        log.error("Evidence %s is spoilt: %s", file.key, error)
        raise EvidenceSpoilt(SPOILT) from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        log.error("Evidence %s is not what came in.", file.key)
        raise EvidenceSpoilt(SPOILT)
    return content


SPOILT = "The stored file was changed or is gone. The operator has been told; ask the provider for it again."


def _verdict_known(file: EvidenceFile) -> dict[str, Any]:
    """Return what the scanner has said of a file; while it looks at it, nothing is known."""
    if file.state == EvidenceState.SCANNING:
        return {"state": EvidenceState.RECEIVED}
    return {"state": file.state, "finding": file.finding, "scanned_at": file.scanned_at}


def _verdict_on(file: EvidenceFile, at: datetime) -> dict[str, Any]:
    """Return what a scan makes of the file's columns; without a verdict it waits again."""
    try:
        verdict = scanning.scan(vault.get(file.bytes_key))
    except (scanning.ScannerAway, vault.SpoiltFile) as failure:
        log.warning("Evidence %s could not be scanned: %s", file.key, failure)
        return {"state": EvidenceState.RECEIVED, "scanned_at": None}
    if not verdict.is_clean:
        log.error("Evidence %s is locked away: %s", file.key, verdict.finding)
    state = EvidenceState.CLEAN if verdict.is_clean else EvidenceState.QUARANTINED
    return {"state": state, "scanned_at": at, "finding": verdict.finding}


def _every_kept_file() -> Iterator[EvidenceFile]:
    """Give every file whose bytes are stored, read a few at a time: no transaction lasts while it is used."""
    last = 0
    while True:
        with all_evidence():
            files = list(EvidenceFile.objects.kept().filter(pk__gt=last)[:100])
        if not files:
            return
        yield from files
        last = files[-1].pk


def _delete_orphans() -> Iterator[UUID]:
    with all_evidence():
        stored = {file.bytes_key for file in EvidenceFile.objects.kept().only("key", "stored_as")}
    for key in vault.keys(older_than=ORPHANED):
        if key not in stored:
            vault.remove(key)
            yield key


def _subject(file: EvidenceFile) -> str:
    return f"evidence {file.key}"
