"""The first person of an operator, whom nobody can have invited."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import Invitation
from accounts.services.invitations import invite_by_hand
from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from providers.enums import OperatorRole
from providers.models import Operator, OperatorMember

KIND = "operator"


class CannotInviteFirst(BusinessRuleError):
    pass


@transaction.atomic
def invite_first_administrator(
    *, operator: str, email: str, again: bool, at: datetime
) -> tuple[Invitation, str]:
    """
    Invite the first administrator of the operator with that code; return the invitation and its token.

    :param again: whether an invitation that waits is void from now on, because its link was lost.
    :raises CannotInviteFirst: if there is no such operator, the address is none, the operator has an
        administrator, or an invitation waits.
    """
    found = Operator.objects.select_for_update().filter(code=operator).first()
    if found is None:
        raise CannotInviteFirst(_no_operator(operator))
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise CannotInviteFirst(f"{email} is no e-mail address. Give one, like ann@example.org.") from error
    administrators = OperatorMember.objects.filter(operator=found, role=OperatorRole.ADMINISTRATOR)
    if administrators.filter(user__is_active=True).exists():
        raise CannotInviteFirst(
            f"{found.name} has an administrator already, who invites everybody else on the page People."
        )
    waiting = Invitation.objects.open_at(at).filter(
        kind=KIND, place=found.pk, role=OperatorRole.ADMINISTRATOR
    )
    if waiting.exists() and not again:
        raise CannotInviteFirst(
            "An administrator is invited already, and the link is shown once only. "
            "If it was lost, ask with --again: the earlier link is void from then on."
        )
    waiting.update(revoked_at=at)
    invited, token = invite_by_hand(
        email, kind=KIND, place=found.pk, role=OperatorRole.ADMINISTRATOR, actor=None, at=at
    )
    record(actor=None, action="administrator.invited", subject=operator, at=at, invitation=invited.pk)
    return invited, token


def _no_operator(code: str) -> str:
    known = ", ".join(Operator.objects.order_by("code").values_list("code", flat=True))
    if not known:
        return "There is no operator yet. Load a programme file first: it names its operator."
    return f"There is no operator {code}. There are: {known}."
