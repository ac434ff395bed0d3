"""Answering a verifier's question: what is written is kept at every step, evidence is added beside it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context
from mhep.shared.sealed_ids import Kind, opened_ids
from outcomes import access
from outcomes.forms import AnswerForm, EvidenceForm
from outcomes.models import AnswerDraft, EventQuery, OutcomeEvent
from outcomes.selectors.answers import open_query, written_so_far
from outcomes.selectors.claims import evidence_choices
from outcomes.selectors.evidence import files_of
from outcomes.selectors.logged import names_among
from outcomes.services import answers, evidence
from outcomes.services.verification import CannotAnswer
from participants.access import own_people

ANSWERED = "There is no open question about this outcome any more. Here is what became of it."
CHANGED = (
    "Somebody changed this in another window. What you typed is below; send it again to put it in place."
)


class _Asked(NamedTuple):
    """Who answers which question about which event."""

    user: User
    event: OutcomeEvent
    query: EventQuery


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.OUTCOME, Action.ANSWER)
def outcome_answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write the answer and add evidence; the button says whether it is sent, added to, or taken from."""
    asked = _asked(request, code, pk)
    if asked is None:
        return redirect("outcomes:outcome-detail", code, pk)
    draft = written_so_far(asked.query)
    form, proof = AnswerForm(draft=draft, event=asked.event), _proof(asked)
    if request.method == "POST":
        form, proof = AnswerForm(request.POST, draft=draft, event=asked.event), _proof(asked, request)
        try:
            if _done(request, asked, form, proof):
                is_sent = request.POST.get("then") == "send"
                return redirect(f"outcomes:outcome-{'detail' if is_sent else 'answer'}", code, pk)
        except answers.AnswerChanged:
            form.add_error("answer", CHANGED)
        except CannotAnswer as refusal:
            form.add_error("answer", str(refusal))
        draft = written_so_far(asked.query)
        proof = _proof(asked) if proof.is_blank() else proof
    return _page(request, asked, draft, form=form, proof=proof)


@require_POST
@needs(Object.OUTCOME, Action.ANSWER)
def answer_keep(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Keep what has been typed so far, while it is typed; the answer renews the form's version."""
    asked = _asked(request, code, pk)
    shown: dict[str, object] = {"note": ANSWERED}
    if asked is not None:
        form = AnswerForm(request.POST, draft=written_so_far(asked.query), event=asked.event)
        try:
            draft = answers.keep_answer(edit=_edit(request, asked), typed=form.raw())
            shown = {"draft": draft, "at": draft.changed_at, "zone": asked.event.programme.timezone}
        except answers.AnswerChanged:
            shown["note"] = "Changed in another window. Save to compare."
        except CannotAnswer as refusal:
            shown["note"] = str(refusal)
    return render(request, "outcomes/_answer_kept.html", shown)


def _asked(request: HttpRequest, code: str, pk: int) -> _Asked | None:
    """Return who answers what; nothing if that question is answered, or was never asked."""
    user = signed_in(request)
    event = access.outcome_to_see(user, code, pk)
    query = open_query(event)
    sent = opened_ids(Kind.QUESTION, request.POST.getlist("query"))
    if query is None or (request.method == "POST" and sent != {query.pk}):
        if request.method != "POST":
            messages.info(request, ANSWERED)
        return None
    return _Asked(user, event, query)


def _done(request: HttpRequest, asked: _Asked, form: AnswerForm, proof: EvidenceForm) -> bool:
    """Keep what is typed, then do what the button says; tell whether all went well."""
    draft = answers.keep_answer(edit=_edit(request, asked), typed=form.raw())
    edit = answers.AnswerEdit(asked.query.pk, draft.version, asked.user, timezone.now())
    if "unhold" in request.POST:
        answers.hold_for_answer(edit=edit, kind=request.POST["unhold"], is_held=False)
        return True
    if "remove" in request.POST:
        key = _key(request.POST["remove"])
        if key is not None:
            answers.remove_from_answer(edit=edit, key=key)
        return True
    if not proof.is_blank() and not (proof.is_valid() and _added(edit, proof)):
        return False
    if request.POST.get("then") != "send":
        return True
    if not form.is_valid():
        return False
    latest = written_so_far(asked.query)
    answers.send_answer(edit=answers.AnswerEdit(asked.query.pk, latest.version, asked.user, timezone.now()))
    messages.success(request, f"Your answer is sent. {asked.event.reference} waits for the verifier again.")
    return True


def _added(edit: answers.AnswerEdit, proof: EvidenceForm) -> bool:
    kind, file = proof.cleaned_data["kind"], proof.cleaned_data["file"]
    try:
        if file is None:
            answers.hold_for_answer(edit=edit, kind=kind, is_held=True)
        else:
            upload = evidence.Upload(proof.content(), file.name)
            answers.add_to_answer(edit=edit, kind=kind, upload=upload)
    except evidence.CannotAddEvidence as refusal:
        proof.add_error("file", str(refusal))
        return False
    return True


def _proof(asked: _Asked, request: HttpRequest | None = None) -> EvidenceForm:
    given = (request.POST, request.FILES) if request else ()
    return EvidenceForm(*given, kinds=evidence_choices(asked.event.programme, asked.event.outcome_type))


def _page(
    request: HttpRequest, asked: _Asked, draft: AnswerDraft, *, form: AnswerForm, proof: EvidenceForm
) -> HttpResponse:
    with own_people(asked.user):
        names = names_among(asked.user, [asked.event])
    return render(
        request,
        "outcomes/outcome_answer.html",
        {
            **programme_context(asked.user, asked.event.programme, "outcomes"),
            "event": asked.event,
            "called": names.get(asked.event.participant_id, ""),
            "asked": asked.query,
            "draft": draft,
            "files": files_of(asked.user, draft) if draft.pk else [],
            "form": form,
            "proof": proof,
            "is_corrected": any(form[name].errors for name in ("happened", "hours", "job")),
        },
    )


def _edit(request: HttpRequest, asked: _Asked) -> answers.AnswerEdit:
    version = request.POST.get("version", "")
    shown = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    return answers.AnswerEdit(asked.query.pk, shown, asked.user, timezone.now())


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
