"""
Answering a verifier's question: what is written is kept on the server until it is sent.

Sending the same answer again changes nothing, so a double tap or a repeated request answers once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.models import AnswerDraft, EventQuery, OutcomeEvent
from outcomes.selectors.answers import TYPED, read_answer
from outcomes.selectors.evidence import files_of, own_evidence
from outcomes.services.evidence import Upload, add_answer_evidence, remove_evidence
from outcomes.services.verification import CannotAnswer, answer_query

LONGEST_TYPED = {"answer": 4000}
LONGEST_OTHER = 200


class AnswerChanged(BusinessRuleError):
    """Somebody changed the answer since it was shown; what it holds now is in ``draft``."""

    def __init__(self, draft: AnswerDraft) -> None:
        super().__init__("This was changed in another window since you opened this one.")
        self.draft = draft


@dataclass(frozen=True, slots=True)
class AnswerEdit:
    """Who writes to answer a question, when, and which version they were shown; 0 before the first."""

    query_id: int
    version: int
    actor: User
    at: datetime


@transaction.atomic
def keep_answer(*, edit: AnswerEdit, typed: Mapping[str, str]) -> AnswerDraft:
    """
    Keep what was typed, right or wrong, so that nothing is lost.

    :raises AnswerChanged: if somebody changed the answer since it was shown.
    :raises CannotAnswer: if the question has been answered.
    """
    draft = _to_edit(edit)
    given = {name: typed[name][: LONGEST_TYPED.get(name, LONGEST_OTHER)] for name in TYPED if name in typed}
    draft.typed = {**draft.typed, **given}
    return _saved(draft, edit)


@transaction.atomic
def hold_for_answer(*, edit: AnswerEdit, kind: str, is_held: bool) -> AnswerDraft:
    """
    Say that further evidence of a kind is held outside of here, or no longer.

    :raises AnswerChanged: if somebody changed the answer since it was shown.
    :raises CannotAnswer: if the question has been answered.
    """
    draft = _to_edit(edit)
    draft.held = sorted({*draft.held, kind} if is_held else {*draft.held} - {kind})
    return _saved(draft, edit)


def add_to_answer(*, edit: AnswerEdit, kind: str, upload: Upload) -> None:
    """
    Keep a file as evidence that comes with the answer; the limits are those of an outcome that is logged.

    :raises CannotAddEvidence: if the file is not taken, or there is no room for it; the text says why.
    :raises CannotAnswer: if the question has been answered.
    """
    with transaction.atomic():
        draft = _open_draft(edit)
    add_answer_evidence(answer_id=draft.pk, kind=kind, upload=upload, actor=edit.actor, at=edit.at)


@transaction.atomic
def remove_from_answer(*, edit: AnswerEdit, key: UUID) -> None:
    """
    Take a file off the answer and delete its bytes; doing it twice changes nothing.

    :raises CannotAnswer: if the question has been answered.
    """
    draft = _open_draft(edit)
    for file in files_of(edit.actor, draft):
        if file.key == key:
            remove_evidence(file_id=file.pk, actor=edit.actor, at=edit.at)


@transaction.atomic
def send_answer(*, edit: AnswerEdit) -> OutcomeEvent:
    """
    Answer the question with what is written and added; the event waits for a verifier again.

    A question that was answered already gives its event: nothing is done twice.

    :raises AnswerChanged: if somebody changed the answer since it was shown.
    :raises CannotAnswer: if the answer is empty, a correction cannot be read, or it breaks a rule.
    """
    query = EventQuery.objects.select_related("event").get(pk=edit.query_id)
    Programme.objects.select_for_update(no_key=True).get(pk=query.event.programme_id)
    query.refresh_from_db(fields=["answered_at"])
    if query.answered_at is not None:
        return query.event
    with own_evidence(edit.actor):
        said = read_answer(_to_edit(edit))
        if said.problems:
            raise CannotAnswer(" ".join(said.problems))
        said.row.files.counting().update(event=query.event)
    return answer_query(
        event_id=query.event_id, answer=said.answer, corrected=said.corrected, actor=edit.actor, at=edit.at
    )


def _open_draft(edit: AnswerEdit) -> AnswerDraft:
    """Return the answer that is being written, locked with its question; it is begun if there is none."""
    query = EventQuery.objects.select_for_update().get(pk=edit.query_id)
    if query.answered_at is not None:
        raise CannotAnswer("The question has been answered already.")
    AnswerDraft.objects.get_or_create(query=query, defaults={"changed_by": edit.actor, "changed_at": edit.at})
    return (
        AnswerDraft.objects.select_for_update(of=("self",))
        .select_related("query__event__programme", "query__event__participant", "query__event__outcome_type")
        .get(query=query)
    )


def _to_edit(edit: AnswerEdit) -> AnswerDraft:
    draft = _open_draft(edit)
    if draft.version != edit.version:
        raise AnswerChanged(draft)
    return draft


def _saved(draft: AnswerDraft, edit: AnswerEdit) -> AnswerDraft:
    draft.version += 1
    draft.changed_by, draft.changed_at = edit.actor, edit.at
    draft.save(update_fields=["typed", "held", "version", "changed_by", "changed_at"])
    return draft
