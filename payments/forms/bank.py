"""What finance is asked about bank accounts and payments received."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from mhep.kernel.money import to_major
from mhep.shared.inputs import Choices, SelectField, amount, line
from payments.enums import Account
from payments.models import Allocation, Document
from payments.rules.bank_csv import ColumnMapping


class BankAccountForm(forms.Form):
    """A bank account of the operator."""

    name = line("Name", needed="Enter a name, such as Current account")
    number = line(
        "IBAN, or sort code and account number",
        needed="Enter the IBAN, or the sort code and the account number",
        hint="Blanks and hyphens do not matter. A statement of another account is refused.",
        width=30,
    )


class ColumnsForm(forms.Form):
    """Which column of an account's CSV files is what."""

    def __init__(self, data: Any = None, *, headings: Sequence[str], guess: ColumnMapping) -> None:
        super().__init__(data)
        options = [("", "None"), *((heading, heading) for heading in headings)]
        for name, label in COLUMNS.items():
            self.fields[name] = SelectField(
                label=label,
                choices=options,
                required=False,
                initial=getattr(guess, name),
                widget=forms.Select(attrs={"class": "govuk-select"}),
                error_messages={"invalid_choice": "Choose a column of the file"},
            )
        self.fields["day_order"] = _choice("Dates are written", DAY_ORDERS)
        self.fields["decimal_mark"] = _choice("Pennies stand behind", DECIMAL_MARKS)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors and (fault := ColumnMapping(**given).fault()):
            self.add_error(fault.column, fault.words)
        return given

    def mapping(self) -> ColumnMapping:
        """Return the mapping of a valid form."""
        return ColumnMapping(**self.cleaned_data)


COLUMNS = {
    "day": "Date",
    "amount": "Amount, with a minus for what went out",
    "paid_in": "Money in, if it has a column of its own",
    "paid_out": "Money out, if it has a column of its own",
    "text": "What for",
    "payer": "Who paid",
    "reference": "Reference",
    "balance": "Balance after the line",
    "key": "The bank’s own id of the line",
}
DAY_ORDERS = (("dmy", "Day first: 27/03/2026"), ("mdy", "Month first: 03/27/2026"), ("ymd", "2026-03-27"))
DECIMAL_MARKS = ((".", "a point: 1,250.00"), (",", "a comma: 1.250,00"))


def _choice(label: str, choices: Choices) -> SelectField:
    widget = forms.Select(attrs={"class": "govuk-select"})
    return SelectField(label=label, choices=choices, widget=widget)


class AllocateForm(forms.Form):
    """What an amount of a payment is for: a document, a funder's account, or another ledger account."""

    amount = amount("Amount", needed="Enter the amount, for example 1250.00")
    number = line("Document or claim", hint="For example, INV-000012 or LPC-000003")
    funder = SelectField(
        label="Or keep it on the account of",
        required=False,
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )
    account = SelectField(
        label="Or book it to",
        required=False,
        choices=[
            ("", "Choose"),
            (Account.BANK_CHARGES, "Bank charges"),
            (Account.IN_TRANSIT, "Payments on their way to providers"),
        ],
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )

    def __init__(self, data: Any = None, *, funders: Choices, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["funder"].choices = [("", "Choose"), *funders]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        chosen = [name for name in ("number", "funder", "account") if given.get(name)]
        if not self.errors and len(chosen) != 1:
            self.add_error("number", "Choose one thing that the amount is for")
        return given


class SpendForm(forms.Form):
    """Which of a funder's open invoices the money on its account pays, and how much of it."""

    number = SelectField(
        label="Invoice",
        error_messages={"required": "Choose an invoice", "invalid_choice": "Choose an invoice from the list"},
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )
    amount = amount("Amount", needed="Enter the amount, for example 1250.00")

    def __init__(self, data: Any = None, *, kept: Allocation, payable: Sequence[Document]) -> None:
        first = payable[0].balance.open_minor if payable else 0
        super().__init__(data, initial={"amount": to_major(min(kept.amount_minor, first))})
        self._payable = {each.full_number: each for each in payable}
        self.fields["number"].choices = [  # type: ignore[attr-defined]
            (number, f"{number}, due {each.due_on:%-d %B %Y}, {to_major(each.balance.open_minor)} open")
            for number, each in self._payable.items()
        ]

    def invoice(self) -> Document:
        """Return the invoice that a valid form chooses."""
        return self._payable[self.cleaned_data["number"]]


class ReasonForm(forms.Form):
    """Why something is undone."""

    reason = line("Reason", needed="Write why this is undone", width=30)
