"""The ways in to a programme: each returns it or refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, Value
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.access import Arguments, View, gate
from accounts.models import User
from accounts.rules.matrix import Action, Object, Role
from funders.models import FunderMember, Programme
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.models import Job
from providers.access import may, require
from providers.models import InvestorMember, Operator, OperatorMember, ProviderMember


class UnknownProgramme(BusinessRuleError):
    pass


def needs(
    thing: Object, action: Action, *, sending: Action | None = None
) -> Callable[[View[Arguments]], View[Arguments]]:
    """
    Declare what a view needs of a role in the programme whose code is its argument ``code``, else in any.

    To somebody without any role in that programme it is not found.

    :param sending: what is needed to send the view's form, if that is another action.
    """
    return gate(thing, action, sending=sending, roles_for=roles_for)


def roles_of(user: User, programme: str | None = None) -> set[Role]:
    """Return what the user is in the programme with that code, or anywhere; an investor is in none."""
    operator = OperatorMember.objects.of(user)
    provider = ProviderMember.objects.of(user)
    funder = FunderMember.objects.of(user)
    if programme is not None:
        operator = operator.filter(operator__programmes__code=programme)
        provider = provider.filter(provider__services__programme__code=programme)
        funder = funder.filter(funder__programme__code=programme)
    members = [operator.values_list("role"), provider.values_list("role"), funder.values_list("role")]
    if programme is None:
        members.append(InvestorMember.objects.of(user).values_list(Value(Role.INVESTOR.name)))
    return {Role[name] for (name,) in members[0].union(*members[1:])}


def roles_for(user: User, arguments: Mapping[str, object]) -> set[Role]:
    """
    Return what the user is in the programme whose code is among the arguments of a view, else anywhere.

    :raises Http404: if the user has no role in that programme.
    """
    if "code" not in arguments:
        return roles_of(user)
    roles = roles_of(user, str(arguments["code"]))
    if not roles:
        raise Http404
    return roles


def programme_by_code(code: str) -> Programme:
    """
    Return the programme with the given code, for somebody at the command line.

    :raises UnknownProgramme: if there is none; the text lists those there are.
    """
    programme = Programme.objects.select_related("operator").filter(code=code).first()
    if programme is None:
        known = ", ".join(Programme.objects.order_by("code").values_list("code", flat=True)) or "none yet"
        raise UnknownProgramme(f"There is no programme {code}. There are: {known}.")
    return programme


def programme_to_see(user: User, code: str) -> Programme:
    """Return the programme for someone of its operator or a funder; its providers get 403, others 404."""
    programme = _visible(user, code)
    if not Programme.objects.accounted_to(user).contains(programme):
        raise PermissionDenied
    return programme


def programme_of_people(user: User, code: str) -> Programme:
    """Return the programme for someone of its operator or a provider; its funders get 403, others 404."""
    programme = _visible(user, code)
    if not (is_operators(user, programme) or is_delivered_by(user, programme)):
        raise PermissionDenied
    return programme


def programme_to_run(user: User, code: str) -> Programme:
    """Return the programme for someone of its operator, the auditors included; its funders get 403."""
    programme = programme_to_see(user, code)
    if not is_operators(user, programme):
        raise PermissionDenied
    return programme


def programme_to_change(user: User, code: str, thing: Object, action: Action) -> Programme:
    """Return the programme for someone whose role allows ``action``; the others who see it get 403."""
    programme = programme_to_see(user, code)
    require(user, thing, action, programme.operator)
    return programme


def may_load(user: User, *, code: str, operator: str) -> bool:
    """
    Tell whether the user may load the file of a programme under the code of its operator.

    Both that operator and, where the programme exists, the one that runs it now must have given
    the user the role; so nobody takes over another operator's programme.
    """
    operators = Operator.objects.filter(Q(code=operator) | Q(programmes__code=code)).distinct()
    return bool(operators) and all(may(user, Object.PROGRAMME_FILE, Action.LOAD, each) for each in operators)


def is_operators(user: User, programme: Programme) -> bool:
    """Tell whether the user belongs to the programme's operator."""
    return Programme.objects.run_by(user).filter(pk=programme.pk).exists()


def is_delivered_by(user: User, programme: Programme) -> bool:
    """Tell whether the user works for a provider of the programme."""
    return programme.services.filter(provider__members__in=ProviderMember.objects.of(user)).exists()


def job_to_follow(user: User, job_id: UUID) -> tuple[Job, Programme]:
    """Return a job and the programme that it works on, for someone of its operator; others get 404."""
    job = get_object_or_404(Job.objects.select_related("requested_by"), pk=job_id)
    programmes = Programme.objects.run_by(user).select_related("operator")
    return job, get_object_or_404(programmes, pk=job.arguments.get("programme_id"))


def programme_context(user: User, programme: Programme, section: str) -> dict[str, object]:
    """
    Return what every page of a programme shows in its frame.

    :param section: the part that the page belongs to: ``rate-card``, ``months``, ``invoices``, ``imports``,
        ``people``, ``performance`` or ``caseload``.
    """
    member = OperatorMember.objects.of(user).filter(operator=programme.operator_id).first()
    at_provider = ProviderMember.objects.of(user).filter(provider__services__programme=programme)
    worker = None if member else at_provider.first()
    return {
        "programme": programme,
        "section": section,
        "is_operators": member is not None,
        "is_delivering": worker is not None,
        "is_accounted_to": worker is None or Programme.objects.accounted_to(user).contains(programme),
        "is_importing": member is not None or (worker is not None and worker.role == Role.MANAGER.name),
        "role": (member or worker or _seat_at_funder(user, programme)).get_role_display(),
    }


def _seat_at_funder(user: User, programme: Programme) -> FunderMember:
    return FunderMember.objects.of(user).filter(funder__programme=programme)[:1].get()


def _visible(user: User, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(user).select_related("operator"), code=code)
