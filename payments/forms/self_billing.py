"""What is asked about self-billing agreements with providers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from mhep.shared.inputs import DayField, line, paragraph
from payments.services.self_billing import NewAgreement


class SelfBillingForm(forms.Form):
    """A provider's consent to be billed by the operator, as the signed paper says it."""

    starts_on = DayField(label="First day", needed="Enter the first day of the agreement")
    ends_on = DayField(label="Last day", needed="Enter the last day of the agreement")
    legal_name = line("Legal name of the provider", needed="Enter the legal name", width=30)
    address = paragraph("Address of the provider", needed="Enter the address")
    vat_number = line(
        "VAT number", hint="Leave it empty only if the provider is not registered for VAT.", width=20
    )
    kept_at = line(
        "Where the signed agreement is kept", needed="Say where the signed agreement is kept", width=30
    )

    def agreed(self) -> NewAgreement:
        """Return what a valid form says."""
        return NewAgreement(**self.cleaned_data)


class EndSelfBillingForm(forms.Form):
    """From when an agreement holds no more, and why."""

    last_day = DayField(label="Last day on which it holds", needed="Enter the last day")
    reason = paragraph("Reason", needed="Write why it ends", hint="For example, a new VAT number.")

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"last_day": today})
