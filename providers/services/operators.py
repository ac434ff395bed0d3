"""What invoices say about an operator."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from providers.models import Operator

FACTS = (
    *("legal_name", "address", "country", "vat_number", "registration_number"),
    *("e_address_scheme", "e_address_id", "iban", "bic", "bank_details"),
)


@transaction.atomic
def change_facts(*, operator_id: int, facts: dict[str, str], actor: User, at: datetime) -> Operator:
    """
    Put these facts in the place of the operator's; documents that were issued keep what they said.

    ``facts`` has a checked text for each of FACTS.
    """
    operator = Operator.objects.select_for_update(no_key=True).get(pk=operator_id)
    changed = [key for key in FACTS if getattr(operator, key) != facts[key]]
    if changed:
        for key in changed:
            setattr(operator, key, facts[key])
        operator.save(update_fields=changed)
        record(actor=actor, action="operator.invoicing_changed", subject=operator.code, at=at)
    return operator
