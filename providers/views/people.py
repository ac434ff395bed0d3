"""The page on which an operator's administrator looks after people."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.models import Invitation
from accounts.rules.matrix import Action, Object
from accounts.services.invitations import revoke
from accounts.services.memberships import Member, kinds
from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from providers.access import administered_by, needs_at_operator
from providers.forms import InviteForm
from providers.models import Operator
from providers.selectors import operators_administered_by
from providers.services import people

GET_OR_POST = ["GET", "HEAD", "POST"]


@require_safe
@needs_at_operator(Object.MEMBERS, Action.CHANGE)
def operator_list(request: HttpRequest) -> HttpResponse:
    """Lead to the operator that the person administers, or let them choose among several."""
    operators = list(operators_administered_by(signed_in(request)))
    if len(operators) == 1:
        return redirect("providers:people", operators[0].code)
    return render(request, "providers/operator_list.html", {"operators": operators})


@require_http_methods(GET_OR_POST)
@needs_at_operator(Object.MEMBERS, Action.CHANGE)
@confirmed()
def people_of(request: HttpRequest, code: str) -> HttpResponse:
    """Show who belongs to the operator, its providers, funders and investors, and invite somebody."""
    operator = _administered(request, code)
    form = InviteForm(request.POST or None, operator=operator.pk)
    if form.is_valid():
        kind, place, role = form.chosen()
        email = form.cleaned_data["email"]
        try:
            people.invite_person(
                operator,
                email,
                kind=kind,
                place=place,
                role=role,
                actor=signed_in(request),
                at=timezone.now(),
                link=request.build_absolute_uri(reverse("accounts:invitation", args=["TOKEN"])),
            )
        except BusinessRuleError as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"An invitation was sent to {email}.")
            return redirect("providers:people", code)
    return render(
        request,
        "providers/people.html",
        {"form": form, "operator": operator, "groups": _groups(operator), "pending": _pending(operator)},
    )


@require_http_methods(GET_OR_POST)
@needs_at_operator(Object.MEMBERS, Action.CHANGE)
@confirmed()
def person(request: HttpRequest, code: str, kind: str, pk: int) -> HttpResponse:
    """Change one member's role, remove the member, or let them set up the second step again."""
    operator = _administered(request, code)
    member = _member(operator, kind, pk)
    roles = kinds()[kind].roles
    if request.method == "POST" and _was_done(request, kind, member):
        return redirect("providers:people", code)
    return render(
        request,
        "providers/person.html",
        {"operator": operator, "member": member, "roles": roles.items(), "role_name": roles[member.role]},
    )


@require_POST
@needs_at_operator(Object.MEMBERS, Action.CHANGE)
def withdraw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Withdraw an invitation."""
    operator = _administered(request, code)
    found = next((each for each, _ in _pending(operator) if each.pk == pk), None)
    if found is None:
        raise Http404
    revoke(found, at=timezone.now())
    record(
        actor=signed_in(request),
        action="person.invitation_withdrawn",
        subject=f"{found.kind} {found.place}",
        at=timezone.now(),
        invitation=found.pk,
    )
    messages.success(request, "The invitation was withdrawn.")
    return redirect("providers:people", code)


def _administered(request: HttpRequest, code: str) -> Operator:
    return administered_by(signed_in(request), code)


def _groups(operator: Operator) -> list[tuple[str, list[tuple[Member, str]]]]:
    return [
        (kind, [(member, known.roles[member.role]) for member in known.members(operator.pk)])
        for kind, known in kinds().items()
    ]


def _pending(operator: Operator) -> list[tuple[Invitation, str]]:
    """Return the invitations that wait, with the name of the organisation and the role."""
    names = {
        (kind, place.pk): (place.name, known.roles)
        for kind, known in kinds().items()
        for place in known.places(operator.pk)
    }
    waiting = Invitation.objects.open_at(timezone.now()).order_by("invited_at", "pk")
    found = [(each, names[each.kind, each.place]) for each in waiting if (each.kind, each.place) in names]
    return [(each, f"{name}: {roles[each.role].lower()}") for each, (name, roles) in found]


def _member(operator: Operator, kind: str, pk: int) -> Member:
    known = kinds().get(kind)
    found = known and next((each for each in known.members(operator.pk) if each.pk == pk), None)
    if not found:
        raise Http404
    return found


def _was_done(request: HttpRequest, kind: str, member: Member) -> bool:
    """Do what the button says; tell whether it could be done, and say so."""
    actor, at = signed_in(request), timezone.now()
    doings: dict[str, tuple[Callable[[], None], str]] = {
        "role": (
            lambda: people.change_role(kind, member, request.POST.get("role", ""), actor=actor, at=at),
            "The role was changed.",
        ),
        "remove": (lambda: people.remove_person(kind, member, actor=actor, at=at), "The person was removed."),
        "reset": (
            lambda: people.reset_second_step(kind, member, actor=actor, at=at),
            "At the next sign-in the person sets up the second step again.",
        ),
    }
    do, done = doings.get(request.POST.get("do", ""), (_unknown, ""))
    try:
        do()
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True


def _unknown() -> None:
    raise BusinessRuleError("Choose one of the buttons.")
