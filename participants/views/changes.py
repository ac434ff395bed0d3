"""Every change of what is known about a person: one form, one call of a service, back to the person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context
from funders.models import Service
from mhep.kernel.problems import BusinessRuleError
from participants import forms
from participants.access import own_people, person_to_help
from participants.enums import ActivityKind, ConsentKind, EndReason, WorkKind
from participants.models import Goal, Participant, WorkPeriod
from participants.selectors.people import names_of
from participants.services import consent, people, spells, support, transfers, work

Given = dict[str, Any]
Apply = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that may change: what the page says, what it asks, what it does with the answers."""

    title: str
    button: str
    form: type[forms.PersonForm]
    apply: Apply
    done: str


def _identity(participant: Participant, given: Given, **by: Any) -> None:
    people.keep_identity(participant=participant, identity=people.Identity(**given), **by)


def _consent(participant: Participant, given: Given, **by: Any) -> None:
    kinds = [ConsentKind(kind) for kind in given["kinds"]]
    version, day = given["version"], given["day"]
    consent.give_consent(participant=participant, kinds=kinds, version=version, given_on=day, **by)


def _withdraw(participant: Participant, given: Given, **by: Any) -> None:
    kind = ConsentKind(given["kind"])
    consent.withdraw_consent(participant=participant, kind=kind, withdrawn_on=given["day"], **by)


def _start(participant: Participant, given: Given, **by: Any) -> None:
    spells.start_person(participant=participant, started_on=given["day"], specialist=_specialist(given), **by)


def _leave(participant: Participant, given: Given, **by: Any) -> None:
    reason = EndReason(given["reason"])
    spells.end_support(participant=participant, ended_on=given["day"], reason=reason, **by)


def _return(participant: Participant, given: Given, **by: Any) -> None:
    spells.take_up_again(
        participant=participant, started_on=given["day"], specialist=_specialist(given), **by
    )


def _hand_over(participant: Participant, given: Given, **by: Any) -> None:
    spells.hand_over(participant=participant, specialist=_specialist(given), from_day=given["day"], **by)


def _move(participant: Participant, given: Given, **by: Any) -> None:
    service = Service.objects.get(pk=given["service"])
    move = transfers.Move(service, _specialist(given), given["day"])
    transfers.move_to_service(participant=participant, move=move, **by)


def _transfer(participant: Participant, given: Given, **by: Any) -> None:
    service = Service.objects.get(pk=given["service"])
    wanted = transfers.Request(service, given["reason"], given["day"])
    transfers.request_transfer(participant=participant, wanted=wanted, **by)


def _transfer_withdraw(participant: Participant, _given: Given, **by: Any) -> None:
    transfers.withdraw_transfer(participant=participant, **by)


def _profile(participant: Participant, given: Given, **by: Any) -> None:
    wishes = support.Wishes(**{name: text for name, text in given.items() if name != "day"})
    support.keep_profile(participant=participant, wishes=wishes, discussed_on=given["day"], **by)


def _activity(participant: Participant, given: Given, **by: Any) -> None:
    entry = support.Support(ActivityKind(given["kind"]), given["day"], given["submission"], given["note"])
    support.add_activity(participant=participant, support=entry, **by)


def _goal(participant: Participant, given: Given, **by: Any) -> None:
    support.set_goal(participant=participant, text=given["text"], set_on=given["day"], **by)


def _goal_view(participant: Participant, given: Given, **by: Any) -> None:
    goal = Goal.objects.select_related("participant").get(participant=participant, pk=given["goal"])
    support.view_goal(goal=goal, score=int(given["score"]), seen_on=given["day"], **by)


def _job(participant: Participant, given: Given, **by: Any) -> None:
    job = work.NewJob(
        kind=WorkKind(given["kind"]),
        employer=given["employer"],
        role=given["role"],
        pay=given["pay"],
        starts_on=given["day"],
        hours=given["hours"],
        ends_on=given["ends_on"],
    )
    work.begin_job(participant=participant, job=job, **by)


def _job_end(participant: Participant, given: Given, **by: Any) -> None:
    work.end_job(period=_period(participant, given), last_day=given["day"], **by)


def _job_hours(participant: Participant, given: Given, **by: Any) -> None:
    work.change_hours(period=_period(participant, given), hours=given["hours"], from_day=given["day"], **by)


CHANGES = {
    "contact": Change(
        "Who they are", "Keep", forms.IdentityForm, _identity, "Name and contact details kept."
    ),
    "consent": Change("Consent", "Record consent", forms.ConsentForm, _consent, "Consent recorded."),
    "withdraw": Change(
        "Withdraw consent", "Record withdrawal", forms.WithdrawForm, _withdraw, "Withdrawal recorded."
    ),
    "start": Change("Start support", "Start support", forms.CaseloadForm, _start, "Support started."),
    "leave": Change("End support", "End support", forms.LeaveForm, _leave, "Support ended."),
    "return": Change(
        "Take support up again", "Take up again", forms.CaseloadForm, _return, "Support taken up again."
    ),
    "hand-over": Change(
        "Hand over to another specialist", "Hand over", forms.CaseloadForm, _hand_over, "Handed over."
    ),
    "move": Change(
        "Move to another service",
        "Move",
        forms.MoveForm,
        _move,
        "Moved. What was logged before counts as before.",
    ),
    "transfer": Change(
        "Ask another provider to take over",
        "Send the request",
        forms.TransferForm,
        _transfer,
        "Request sent. The person stays with you until the other provider accepts.",
    ),
    "transfer-withdraw": Change(
        "Withdraw the request to another provider",
        "Withdraw the request",
        forms.WithdrawTransferForm,
        _transfer_withdraw,
        "Request withdrawn. The person stays with you.",
    ),
    "profile": Change("Vocational profile", "Keep profile", forms.ProfileForm, _profile, "Profile kept."),
    "activity": Change("Add an activity", "Add activity", forms.ActivityForm, _activity, "Activity added."),
    "goal": Change("Add a goal", "Add goal", forms.GoalForm, _goal, "Goal added."),
    "progress": Change(
        "How they see a goal", "Record", forms.GoalViewForm, _goal_view, "Their own view recorded."
    ),
    "job": Change("Add a job or course", "Add job or course", forms.JobForm, _job, "Job or course added."),
    "job-end": Change("End a job or course", "Record the end", forms.JobEndForm, _job_end, "End recorded."),
    "job-hours": Change(
        "Change the hours of a job", "Record the hours", forms.JobHoursForm, _job_hours, "New hours recorded."
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.PERSON, Action.CHANGE)
def person_change(request: HttpRequest, code: str, pk: int, change: str) -> HttpResponse:
    user = signed_in(request)
    if change not in CHANGES:
        raise Http404
    chosen = CHANGES[change]
    with own_people(user):
        programme, participant = person_to_help(user, code, pk)
        form = chosen.form(
            request.POST if request.method == "POST" else None,
            participant=participant,
            today=programme.working_day(timezone.now()),
        )
        if form.is_valid() and _applied(chosen, form, user):
            messages.success(request, chosen.done)
            return redirect("outcomes:person-detail", code, pk)
        return render(
            request,
            "participants/person_change.html",
            {
                **programme_context(user, programme, "people"),
                "participant": participant,
                "name": names_of(user, [participant]).get(participant.pk, participant.reference),
                "change": chosen,
                "form": form,
            },
        )


def _applied(chosen: Change, form: forms.PersonForm, user: User) -> bool:
    """Call the service; put its refusal beside the input that it is about."""
    try:
        with transaction.atomic():
            chosen.apply(form.participant, form.cleaned_data, actor=user, at=timezone.now())
    except BusinessRuleError as refusal:
        form.add_error(form.blamed, str(refusal))
        return False
    return True


def _specialist(given: Given) -> User:
    return User.objects.get(pk=given["specialist"])


def _period(participant: Participant, given: Given) -> WorkPeriod:
    return WorkPeriod.objects.select_related("participant").get(participant=participant, pk=given["job"])
