"""The list of people, the referral of a new one, and the reading of a name."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object, Role
from funders.access import is_operators, needs, programme_context, programme_of_people, roles_of
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from participants.access import own_people, person_to_see, programme_to_deliver
from participants.enums import TransferState
from participants.forms import ReasonForm, ReferralForm
from participants.models import Participant, Person
from participants.selectors.people import names_of, people_to_see
from participants.selectors.transfers import requests_to_decide
from participants.services.people import (
    CannotReadName,
    Identity,
    Referral,
    possible_duplicates,
    read_name,
    refer_person,
)

PAGE = 50
IDENTITY = ("name", "preferred_name", "born_on", "phone", "email", "contact_notes")


@require_safe
@needs(Object.PERSON, Action.SEE)
def person_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_of_people(user, code)
    wanted = request.GET.get("reference", "").strip()
    with own_people(user):
        page = Paginator(people_to_see(user, programme, wanted), PAGE).get_page(request.GET.get("page"))
        names = names_of(user, list(page.object_list))
    return render(
        request,
        "participants/person_list.html",
        {
            **programme_context(user, programme, "people"),
            "page": page,
            **_offered(user, programme),
            "people": [(person, names.get(person.pk, "")) for person in page.object_list],
            "wanted": wanted,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.PERSON, Action.REFER)
def person_refer(request: HttpRequest, code: str) -> HttpResponse:
    """Refer somebody new; whoever may be the same person is shown before the referral is made."""
    user = signed_in(request)
    programme = programme_to_deliver(user, code)
    form = ReferralForm(
        request.POST if request.method == "POST" else None,
        programme=programme,
        user=user,
        today=programme.working_day(timezone.now()),
    )
    duplicates: list[Person] = []
    with own_people(user):
        if form.is_valid():
            duplicates = possible_duplicates(_identity(form))
            if not duplicates or form.cleaned_data["is_another"]:
                participant = _referred(form, user)
                if participant is not None:
                    messages.success(request, f"Referral made. The reference is {participant.reference}.")
                    return redirect("outcomes:person-detail", code, participant.pk)
        return render(
            request,
            "participants/person_refer.html",
            {**programme_context(user, programme, "people"), "form": form, "duplicates": duplicates},
        )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.PERSON, Action.READ_NAME)
def person_name(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show the operator's people a name once they have said why; the reading is logged first."""
    user = signed_in(request)
    programme, participant = person_to_see(user, code, pk)
    if not is_operators(user, programme):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    is_read, person = False, None
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            person = read_name(participant=participant, reader=user, reason=reason, at=timezone.now())
            is_read = True
        except CannotReadName as refusal:
            form.add_error("reason", str(refusal))
    return render(
        request,
        "participants/person_name.html",
        {
            **programme_context(user, programme, "people"),
            "participant": participant,
            "form": form,
            "is_read": is_read,
            "person": person,
        },
    )


def _offered(user: User, programme: Programme) -> dict[str, object]:
    """Return whether the user decides on transfers, and how many wait for that."""
    leads = Role.MANAGER in roles_of(user, programme.code)
    waiting = requests_to_decide(user).filter(participant__programme=programme, state=TransferState.WAITING)
    return {"leads": leads, "offered": waiting.count() if leads else 0}


def _identity(form: ReferralForm) -> Identity:
    return Identity(**{name: form.cleaned_data[name] for name in IDENTITY})


def _referred(form: ReferralForm, user: User) -> Participant | None:
    referral = Referral(
        service=form.chosen("service"),
        source=form.cleaned_data["source"],
        referred_on=form.cleaned_data["referred_on"],
        area=form.chosen("area"),
        cohort=form.chosen("cohort"),
    )
    try:
        with transaction.atomic():
            return refer_person(identity=_identity(form), referral=referral, actor=user, at=timezone.now())
    except BusinessRuleError as refusal:
        form.add_error("referred_on", str(refusal))
        return None
