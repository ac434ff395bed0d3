"""Logging an outcome, one question a page; what was typed is kept at every step."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context
from funders.models import Programme
from mhep.shared.sealed_ids import Kind, opened_ids
from outcomes import access
from outcomes.forms import DetailsForm, EvidenceForm, OutcomeForm, WhoForm
from outcomes.models import OutcomeDraft
from outcomes.selectors.claims import evidence_choices, rules_of
from outcomes.selectors.drafts import choices_for, is_about_work, people_offered, read_draft
from outcomes.selectors.evidence import files_of
from outcomes.services import claims, evidence
from participants.access import own_people
from participants.models import Participant
from participants.selectors.people import names_of
from providers.models import OperatorMember

NOBODY = "There is no such person among yours. Check the reference."
CHANGED = (
    "This was changed since you opened it, perhaps in another window. It now says: {now}. "
    "What you typed is still below; save it again to put it in its place."
)
# Where each refusal is mended, if not on the page of the details.
OF_THE_PERSON = {"no_consent"}
PAGES = {
    "evidence_missing": "outcomes:claim-evidence",
    "already_claimed": "outcomes:claim-outcome",
    "missing_prerequisite": "outcomes:claim-outcome",
}
_Opened: TypeAlias = "tuple[User, OutcomeDraft, HttpResponse | None]"

getting_and_posting = require_http_methods(["GET", "HEAD", "POST"])


@getting_and_posting
@needs(Object.OUTCOME, Action.CLAIM)
def claim_new(request: HttpRequest, code: str) -> HttpResponse:
    """Choose the person; a draft is begun."""
    user = signed_in(request)
    programme = access.programme_to_claim_in(user, code)
    people = access.people_to_claim_for(user, programme)
    wanted = _wanted(request, people)
    offered = people_offered(user, people, wanted) if not _runs(user, programme) else []
    given = (request.POST,) if request.method == "POST" else ()
    form = WhoForm(
        *given,
        people=offered,
        names=_names(user, offered),
        initial={"person": wanted},
    )
    if request.method == "POST" and form.is_valid():
        reference = form.cleaned_data["reference"].strip()
        chosen = Q(reference=reference) if reference else Q(pk=form.cleaned_data["person"])
        participant = people.filter(chosen).select_related("programme").first()
        if participant is not None:
            draft = claims.begin_draft(participant=participant, actor=user, at=timezone.now())
            return redirect("outcomes:claim-outcome", code, draft.token)
        form.add_error("reference", NOBODY)
    context = {**programme_context(user, programme, "outcomes"), "form": form}
    return render(request, "outcomes/claim_new.html", context)


@getting_and_posting
@needs(Object.OUTCOME, Action.CLAIM)
def claim_outcome(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Choose what was achieved, told beforehand what the rules will need."""
    user, draft, elsewhere = _open(request, code, token)
    if elsewhere:
        return elsewhere
    choices = choices_for(draft, draft.programme.local_date(timezone.now()))
    rows = [(choice.row.code, choice.row.name) for choice in choices]
    if request.method == "POST":
        form = OutcomeForm(request.POST, choices=rows)
        if form.is_valid():
            chosen = next(each.row for each in choices if each.row.code == form.cleaned_data["outcome"])
            try:
                claims.choose_outcome(edit=_edit(request, draft, user), outcome_type=chosen)
            except claims.DraftChanged as conflict:
                draft = conflict.draft
                form.add_error("outcome", CHANGED.format(now=draft.outcome_type or "nothing yet"))
            else:
                return redirect("outcomes:claim-details", code, token)
    else:
        kind = draft.outcome_type
        form = OutcomeForm(choices=rows, initial={"outcome": kind.code if kind else None})
    return _page(request, "outcomes/claim_outcome.html", user, draft, form=form, choices=choices)


@getting_and_posting
@needs(Object.OUTCOME, Action.CLAIM)
def claim_details(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Say when, for how many hours and in which job."""
    user, draft, elsewhere = _open(request, code, token, needs_outcome=True)
    if elsewhere:
        return elsewhere
    form = DetailsForm(draft=draft)
    if request.method == "POST":
        form = DetailsForm(request.POST, draft=draft)
        try:
            draft = claims.keep_typed(edit=_edit(request, draft, user), typed=form.raw())
        except claims.DraftChanged as conflict:
            draft = conflict.draft
            form.add_error("happened", CHANGED.format(now=_so_far(draft)))
        else:
            if form.is_valid():
                return redirect("outcomes:claim-evidence", code, token)
    return _page(request, "outcomes/claim_details.html", user, draft, form=form)


@require_POST
@needs(Object.OUTCOME, Action.CLAIM)
def claim_keep(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Keep what has been typed so far, while it is typed; the answer renews the form's version."""
    user = signed_in(request)
    draft = access.draft_to_write(user, code, token)
    form = DetailsForm(request.POST, draft=draft)
    note = ""
    try:
        draft = claims.keep_typed(edit=_edit(request, draft, user), typed=form.raw())
    except claims.DraftChanged:
        note = "Changed in another window. Save to compare."
    except claims.CannotChangeDraft as refusal:
        note = str(refusal)
    shown = {"draft": draft, "note": note, "at": draft.changed_at, "version": request.POST.get("version", "")}
    return render(request, "outcomes/_claim_kept.html", shown)


@getting_and_posting
@needs(Object.OUTCOME, Action.CLAIM)
def claim_evidence(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Add evidence, a piece at a time; each may be a photograph."""
    user, draft, elsewhere = _open(request, code, token, needs_outcome=True)
    if elsewhere:
        return elsewhere
    kinds = evidence_choices(draft.programme, draft.outcome_type)
    form = EvidenceForm(kinds=kinds)
    if request.method == "POST":
        form = EvidenceForm(request.POST, request.FILES, kinds=kinds)
        goes_on = request.POST.get("then") != "more"
        if (goes_on and form.is_blank()) or (form.is_valid() and _add(request, form, draft, user)):
            return redirect("outcomes:claim-check" if goes_on else "outcomes:claim-evidence", code, token)
        draft.refresh_from_db()
    today = draft.programme.local_date(timezone.now())
    return _page(
        request,
        "outcomes/claim_evidence.html",
        user,
        draft,
        form=form,
        said=read_draft(draft, today),
        files=files_of(user, draft),
        needed=rules_of(draft.programme)[draft.outcome_type.code].evidence.in_words()
        if draft.outcome_type
        else [],
    )


@require_POST
@needs(Object.OUTCOME, Action.CLAIM)
def claim_unhold(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Take back that evidence of a kind is held."""
    user = signed_in(request)
    draft = access.draft_to_write(user, code, token)
    try:
        kind = request.POST.get("kind", "")
        claims.hold_kind(edit=_edit(request, draft, user), kind=kind, is_held=False)
    except (claims.DraftChanged, claims.CannotChangeDraft) as refusal:
        messages.error(request, str(refusal))
    return redirect("outcomes:claim-evidence", code, token)


@require_safe
@needs(Object.OUTCOME, Action.CLAIM)
def claim_check(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Show all answers, and whether they will pass."""
    user, draft, elsewhere = _open(request, code, token, needs_outcome=True)
    return elsewhere or _check(request, user, draft)


@require_POST
@needs(Object.OUTCOME, Action.CLAIM)
def claim_submit(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Submit; the same request again leads to the same event."""
    user = signed_in(request)
    draft = access.draft_to_write(user, code, token)
    try:
        claims.submit_claim(edit=_edit(request, draft, user))
    except claims.DraftChanged as conflict:
        messages.error(request, f"{conflict} Check the answers again.")
        return redirect("outcomes:claim-check", code, token)
    except claims.CannotSubmit as refusal:
        messages.error(request, str(refusal))
        return redirect("outcomes:claim-check", code, token)
    return redirect("outcomes:claim-submitted", code, token)


@require_safe
@needs(Object.OUTCOME, Action.CLAIM)
def claim_submitted(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    user = signed_in(request)
    draft = access.draft_to_write(user, code, token)
    if draft.event is None:
        return redirect("outcomes:claim-check", code, token)
    return _page(request, "outcomes/claim_submitted.html", user, draft, event=draft.event)


@require_POST
@needs(Object.OUTCOME, Action.CLAIM)
def claim_discard(request: HttpRequest, code: str, token: UUID) -> HttpResponse:
    """Delete a draft."""
    user = signed_in(request)
    draft = access.draft_to_write(user, code, token)
    try:
        claims.discard_draft(draft_id=draft.pk, actor=user, at=timezone.now())
    except claims.CannotChangeDraft as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Deleted, with its files.")
    return redirect("outcomes:outcome-list", code)


def _open(request: HttpRequest, code: str, token: UUID, *, needs_outcome: bool = False) -> _Opened:
    """Return the author and the draft, and where to go instead if this page is not for it now."""
    user = signed_in(request)
    draft = access.draft_to_write(user, code, token)
    if draft.event_id is not None:
        return user, draft, redirect("outcomes:claim-submitted", code, token)
    if needs_outcome and draft.outcome_type is None:
        return user, draft, redirect("outcomes:claim-outcome", code, token)
    return user, draft, None


def _add(request: HttpRequest, form: EvidenceForm, draft: OutcomeDraft, user: User) -> bool:
    """Keep one piece of evidence, or say in the form why not."""
    kind, file = form.cleaned_data["kind"], form.cleaned_data["file"]
    try:
        if file is None:
            claims.hold_kind(edit=_edit(request, draft, user), kind=kind, is_held=True)
        else:
            evidence.add_evidence(
                draft_id=draft.pk,
                kind=kind,
                upload=evidence.Upload(form.content(), file.name),
                actor=user,
                at=timezone.now(),
            )
    except (claims.DraftChanged, claims.CannotChangeDraft) as refusal:
        form.add_error("kind", f"{refusal} Look at it, then add this again.")
    except evidence.CannotAddEvidence as refusal:
        form.add_error("file", str(refusal))
    return not form.errors


def _check(request: HttpRequest, user: User, draft: OutcomeDraft) -> HttpResponse:
    said = read_draft(draft, draft.programme.local_date(timezone.now()))
    problems = [(message, _mended_at(fault, draft)) for fault, message in said.faults]
    return _page(
        request,
        "outcomes/claim_check.html",
        user,
        draft,
        said=said,
        problems=problems,
        files=files_of(user, draft),
        asks_work=draft.outcome_type is not None and is_about_work(draft, draft.outcome_type),
        broken=[each for each in said.checks if each.is_met is False],
        met=[each for each in said.checks if each.is_met],
    )


def _mended_at(fault: str, draft: OutcomeDraft) -> str:
    """Return the address of the page on which a broken rule is mended."""
    if fault in OF_THE_PERSON:
        return reverse("outcomes:person-detail", args=[draft.programme.code, draft.participant_id])
    return reverse(PAGES.get(fault, "outcomes:claim-details"), args=[draft.programme.code, draft.token])


def _page(
    request: HttpRequest, template: str, user: User, draft: OutcomeDraft, **shown: object
) -> HttpResponse:
    context = {
        **programme_context(user, draft.programme, "outcomes"),
        "draft": draft,
        "called": _names(user, [draft.participant]).get(draft.participant_id, ""),
        **shown,
    }
    return render(request, template, context)


def _edit(request: HttpRequest, draft: OutcomeDraft, user: User) -> claims.Edit:
    version = request.POST.get("version", "")
    shown = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    return claims.Edit(draft.pk, shown, user, timezone.now())


def _names(user: User, people: list[Participant]) -> dict[int, str]:
    with own_people(user):
        return names_of(user, people)


def _wanted(request: HttpRequest, people: QuerySet[Participant]) -> int | None:
    """Return the key of the person that the page was opened from, if the user may log outcomes of them."""
    keys = opened_ids(Kind.PARTICIPANT, request.GET.getlist("person"))
    return people.filter(pk__in=keys).values_list("pk", flat=True).first() if keys else None


def _runs(user: User, programme: Programme) -> bool:
    return OperatorMember.objects.of(user).filter(operator=programme.operator_id).exists()


def _so_far(draft: OutcomeDraft) -> str:
    typed = [str(draft.typed.get(name, "")) for name in ("happened_day", "happened_month", "happened_year")]
    rest = [str(draft.typed.get(name, "")) for name in ("hours", "job")]
    return ", ".join(text for text in (" ".join(typed).strip(), *rest) if text) or "nothing yet"
