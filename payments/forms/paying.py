"""What finance is asked for to pay providers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from mhep.shared.inputs import Choices, DayField, line, some_of
from payments.rules.credit_transfer import Account


class PrepareForm(forms.Form):
    """Which providers to pay, and when."""

    pays_on = DayField(label="Day of the payments", needed="Enter the day on which the bank pays")

    def __init__(self, data: Any = None, *, payable: Choices, today: date) -> None:
        super().__init__(data, initial={"pays_on": today})
        self._today = today
        self.fields["providers"] = some_of("Providers to pay", payable, needed="Choose at least one provider")
        self.order_fields(["providers", "pays_on"])

    def clean_pays_on(self) -> date:
        pays_on: date = self.cleaned_data["pays_on"]
        if pays_on < self._today:
            raise forms.ValidationError("The bank cannot pay on a day that is over")
        return pays_on


class PayeeAccountForm(forms.Form):
    """A bank account of a provider: an IBAN, or a sort code with an account number."""

    holder = line("Name on the account", needed="Enter the name on the account", width=30)
    sort_code = line("Sort code", hint="6 digits, like 20-00-00", width=10)
    number = line("Account number", hint="8 digits", width=10)
    iban = line("IBAN", hint="Instead of sort code and account number", width=30)
    bic = line("BIC", hint="With an IBAN, if the bank wants it", width=10)

    def account(self) -> Account:
        """Return what a valid form says."""
        given = self.cleaned_data
        return Account(
            holder=given["holder"],
            iban=given["iban"],
            bic=given["bic"],
            sort_code=given["sort_code"],
            number=given["number"],
        )


class ReturnForm(forms.Form):
    """A payment that the bank sent back."""

    on = DayField(label="Day on which it came back", needed="Enter the day")
    reason = line("What the bank says", needed="Write why the bank sent it back", width=30)
