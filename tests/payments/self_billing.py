"""A self-billing agreement with the small programme's provider."""

from __future__ import annotations

from datetime import date

from accounts.models import User
from funders.models import Programme
from payments.models import SelfBillingAgreement
from payments.services.self_billing import NewAgreement, enter_agreement
from providers.models import Provider
from tests.cast import AT

FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
VAT_NUMBER = "GB999999973"  # of nobody


def an_agreement(
    programme: Programme,
    actor: User,
    *,
    first: date = FIRST,
    last: date = LAST,
    vat_number: str = VAT_NUMBER,
) -> SelfBillingAgreement:
    """Enter an agreement with the provider TWN."""
    provider = Provider.objects.get(code="TWN", operator=programme.operator)
    agreed = NewAgreement(
        first, last, "Example Provider CIO", "2 Example Street", vat_number, "Safe, shelf 3"
    )
    return enter_agreement(provider_id=provider.pk, agreed=agreed, actor=actor, at=AT)
