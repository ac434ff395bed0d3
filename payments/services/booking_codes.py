"""Setting what the operator's own accounts call things, from a day on; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from payments.models import BookingCode
from payments.rules.booking.codes import Code, Subject, code_fault
from providers.models import Operator


class CannotSetCode(BusinessRuleError):
    """The code cannot be set or withdrawn; ``subject`` is what it would be for."""

    def __init__(self, message: str, subject: Subject | None = None) -> None:
        super().__init__(message)
        self.subject = subject


@transaction.atomic
def set_codes(
    *, operator_id: int, codes: Iterable[Code], actor: User | None, at: datetime
) -> list[BookingCode]:
    """
    Set codes, each as :func:`set_code` does, all of them or none.

    :raises CannotSetCode: for the first that cannot be set, naming its subject.
    """
    return [set_code(operator_id=operator_id, code=code, actor=actor, at=at) for code in codes]


@transaction.atomic
def set_code(*, operator_id: int, code: Code, actor: User | None, at: datetime) -> BookingCode:
    """
    Set a code from its first day on, until the next one of the same subject begins.

    :raises CannotSetCode: if it is no code, or the subject has one from that very day.
    """
    fault = code_fault(code.code) or (code_fault(code.department) if code.department else "")
    if fault:
        raise CannotSetCode(fault, code.subject)
    operator = Operator.objects.select_for_update(no_key=True).get(pk=operator_id)
    subject = code.subject
    same = operator.booking_codes.in_force().filter(
        kind=subject.kind,
        account=subject.account,
        vat=subject.vat,
        funder=subject.funder,
        provider=subject.provider,
        outcome_type=subject.outcome,
        starts_on=code.starts_on,
    )
    earlier = same.first()
    if earlier is not None:
        raise CannotSetCode(
            f"There is a code from {code.starts_on:%-d %B %Y} on already: {earlier.code}. "
            "Withdraw it first if it is wrong, or choose another day.",
            subject,
        )
    row = BookingCode.objects.create(
        operator=operator,
        kind=subject.kind,
        account=subject.account,
        vat=subject.vat,
        funder_id=subject.funder,
        provider_id=subject.provider,
        outcome_type_id=subject.outcome,
        code=code.code,
        department=code.department,
        starts_on=code.starts_on,
        entered_by=actor,
        entered_at=at,
    )
    record(actor=actor, action="booking_code.set", subject=f"{operator.code} {row}", at=at)
    return row


@transaction.atomic
def withdraw_code(*, code_id: int, actor: User | None, at: datetime) -> BookingCode:
    """
    Withdraw a code that was wrong: from now on no export goes by it. Exports that did stay as they are.

    :raises CannotSetCode: if it was withdrawn before.
    """
    row = BookingCode.objects.select_for_update(of=("self",)).select_related("operator").get(pk=code_id)
    if row.withdrawn_at is not None:
        raise CannotSetCode("This code was withdrawn already.")
    row.withdrawn_by, row.withdrawn_at = actor, at
    row.save(update_fields=["withdrawn_by", "withdrawn_at"])
    record(actor=actor, action="booking_code.withdrawn", subject=f"{row.operator.code} {row}", at=at)
    return row
