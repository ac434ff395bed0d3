"""What finance is asked for about an investment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from investment.enums import Step
from investment.rules.forecast_file import HEADINGS
from investment.services.facilities import Terms
from mhep.shared.inputs import DayField, amount, line, number, one_of, paragraph
from providers.models import Investor

ORDERS = {
    "providers-first": (Step.COSTS, Step.PROVIDERS, Step.INTEREST, Step.PRINCIPAL),
    "interest-first": (Step.INTEREST, Step.COSTS, Step.PROVIDERS, Step.PRINCIPAL),
    "investor-first": (Step.INTEREST, Step.PRINCIPAL, Step.COSTS, Step.PROVIDERS),
}
ORDER_LABELS = (
    ("providers-first", "Costs, providers, interest, principal"),
    ("interest-first", "Interest, costs, providers, principal"),
    ("investor-first", "Interest, principal, costs, providers"),
)


class FacilityForm(forms.Form):
    """The terms of a facility."""

    ref = line("Reference", needed="Enter a reference", hint="For example WL-IPS-LOAN. It cannot be changed.")
    limit = amount("The most that can be drawn", needed="Enter the most that can be drawn")
    rate = number(
        "Interest, in per cent a year",
        needed="Enter the rate; 0 if there is no interest",
        wrong="The rate must be a number from 0 to 100, like 6.5",
        most=100,
    )
    reserve = amount("Cash that stays in hand before anything is paid back")
    residual = number(
        "The investor’s share of what is left when everybody is paid, in per cent",
        wrong="The share must be a number from 0 to 100",
        most=100,
    )
    order = one_of("Who is paid first", ORDER_LABELS, needed="Choose who is paid first")
    starts_on = DayField(label="First day", needed="Enter the first day")
    ends_on = DayField(label="Last day", needed="Enter the last day")

    def __init__(self, data: Any = None, *, investors: list[Investor]) -> None:
        super().__init__(data)
        self.fields["investor"] = one_of(
            "Investor", [(each.code, each.name) for each in investors], needed="Choose the investor"
        )
        self.order_fields(["investor", "ref", "limit", "rate"])

    def clean_ref(self) -> str:
        ref = str(self.cleaned_data["ref"]).strip()
        if not ref.replace("-", "").replace("_", "").isalnum() or not ref.isascii() or len(ref) > 40:
            raise forms.ValidationError("Use up to 40 letters, digits and hyphens for the reference")
        return ref

    def clean_limit(self) -> int:
        if not self.cleaned_data["limit"]:
            raise forms.ValidationError("The most that can be drawn must be more than nothing")
        return int(self.cleaned_data["limit"])

    def terms(self) -> Terms:
        """Return the terms of a valid form."""
        given = self.cleaned_data
        return Terms(
            ref=given["ref"],
            limit_minor=given["limit"],
            rate=given["rate"],
            reserve_minor=given["reserve"] or 0,
            residual_percent=given["residual"] or Decimal(0),
            order=ORDERS[given["order"]],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
        )


class DrawdownForm(forms.Form):
    """Money that the investor has sent."""

    on = DayField(label="Day on which it was sent", needed="Enter the day")
    amount = amount("Amount", needed="Enter the amount")

    def clean_amount(self) -> int:
        if not self.cleaned_data["amount"]:
            raise forms.ValidationError("The amount must be more than nothing")
        return int(self.cleaned_data["amount"])


class DistributionForm(forms.Form):
    """On which day the waterfall runs, and over what."""

    on = DayField(label="Day of the payment", needed="Enter the day")
    costs = amount("Costs of the operator to keep back", hint="What is due until the next distribution.")
    at_most = amount(
        "Distribute no more than", hint="Leave it empty to distribute all cash above the reserve."
    )

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"on": today})


class ForecastForm(forms.Form):
    """A forecast, pasted as a table with commas."""

    table = paragraph(
        "Months",
        needed="Paste at least one month",
        hint=f"The first line is {', '.join(HEADINGS)}; then a line for each: 2026-08, 1250.00, 300, 900, 0",
    )
    note = line("What this version is based on", needed="Write what this version is based on", width=30)
