"""Naming those who lend an operator the money until outcomes are paid."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from providers.models import Investor, Operator


@transaction.atomic
def set_investor(operator: str, code: str, name: str, *, at: datetime) -> Investor:
    """
    Name an investor of the operator with that code; one that is there gets the name.

    :raises BusinessRuleError: if there is no such operator, or the code or the name is empty or too long.
    """
    found = Operator.objects.filter(code=operator).first()
    if found is None:
        raise BusinessRuleError(f"There is no operator {operator}.")
    if not 0 < len(code.strip()) <= 40 or not 0 < len(name.strip()) <= 300:
        raise BusinessRuleError("Give a code of up to 40 characters and a name of up to 300.")
    investor, is_new = Investor.objects.update_or_create(
        operator=found, code=code.strip(), defaults={"name": name.strip()}
    )
    action = "investor.added" if is_new else "investor.renamed"
    record(actor=None, action=action, subject=f"{operator} {investor.code}", at=at, name=investor.name)
    return investor
