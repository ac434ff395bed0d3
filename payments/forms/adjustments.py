"""What is asked about an adjustment by hand."""

from __future__ import annotations

from typing import Any

from django import forms

from funders.models import Agreement, Programme, Term
from mhep.shared.inputs import amount, line, one_of, paragraph, select
from outcomes.models import OutcomeEvent
from payments.enums import AdjustmentState
from payments.models import Document
from payments.models.documents import PREFIXES
from payments.selectors.document_detail import document_by_number
from payments.services.adjustments import About

ADD, GIVE_BACK = "add", "give_back"


class AdjustmentForm(forms.Form):
    """An amount, which way it goes, and what it is about; everything is named as people name it."""

    agreement = select("Agreement or contract", [], needed="Choose the agreement or contract")
    way = one_of(
        "Which way?",
        [(ADD, "Add it to the next invoice or remittance"), (GIVE_BACK, "Give it back by a credit note")],
        needed="Choose whether it is added or given back",
    )
    amount = amount("Amount without VAT", needed="Enter an amount, like 1250.00")
    document = line(
        "Document that is corrected",
        hint="The number of the invoice or remittance, such as INV-000001. Needed where you give back.",
        width=10,
    )
    event = line("Event", hint="The reference of the outcome that it is about, if it is about one.")
    term = line("Term", hint="The ref of the term that it is about, if it is about one.")
    reason = paragraph(
        "Reason", needed="Write the reason", hint="It is printed on the document and the funder reads it."
    )

    def __init__(self, data: Any = None, *, programme: Programme) -> None:
        super().__init__(data)
        self._programme = programme
        self._about = About()
        agreements = programme.agreements.select_related("funder", "provider").order_by(
            "-direction", "position"
        )
        self._agreements = {_value(each): each for each in agreements}
        choices = [(value, f"{each.party_name}: {each.ref}") for value, each in self._agreements.items()]
        self.fields["agreement"].choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]

    def clean_agreement(self) -> Agreement:
        return self._agreements[self.cleaned_data["agreement"]]

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        agreement = self.cleaned_data.get("agreement")
        if isinstance(agreement, Agreement):
            self._about = About(self._document(agreement), self._term(agreement), self._event())
        return given

    def amount_minor(self) -> int:
        """Return a valid form's amount in minor units, below zero where it is given back."""
        amount: int = self.cleaned_data["amount"]
        return -amount if self.cleaned_data["way"] == GIVE_BACK else amount

    def about(self) -> About:
        """Return what a valid form's adjustment is about."""
        return self._about

    def _document(self, agreement: Agreement) -> Document | None:
        number = self.cleaned_data.get("document", "").strip().upper()
        if not number:
            if self.cleaned_data.get("way") == GIVE_BACK:
                self.add_error("document", "Enter the number of the document that is corrected")
            return None
        found = document_by_number(Document.objects.filter(agreement=agreement), number).first()
        if found is None or number.startswith(PREFIXES["CREDIT_NOTE"]):  # type: ignore[index]
            self.add_error("document", f"{number} is no invoice or remittance of {agreement.ref}")
        return found

    def _term(self, agreement: Agreement) -> Term | None:
        ref = self.cleaned_data.get("term", "").strip()
        found = agreement.terms.filter(ref=ref).first() if ref else None
        if ref and found is None:
            self.add_error("term", f"{agreement.ref} has no term {ref}")
        return found

    def _event(self) -> OutcomeEvent | None:
        reference = self.cleaned_data.get("event", "").strip()
        events = OutcomeEvent.objects.filter(programme=self._programme, reference=reference)
        found = events.first() if reference else None
        if reference and found is None:
            self.add_error("event", f"{self._programme.code} has no event {reference}")
        return found


def _value(agreement: Agreement) -> str:
    return f"{agreement.direction.lower()}-{agreement.ref}"


class DecideAdjustmentForm(forms.Form):
    """Whether an adjustment is approved; a refusal has its reason."""

    decision = one_of(
        "What do you decide?",
        [(AdjustmentState.APPROVED, "Approve it"), (AdjustmentState.REFUSED, "Refuse it")],
        needed="Choose whether it is approved",
    )
    reason = paragraph("Reason", hint="Needed where you refuse it.")

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        is_refused = self.cleaned_data.get("decision") == AdjustmentState.REFUSED
        if is_refused and not self.cleaned_data.get("reason", "").strip():
            self.add_error("reason", "Write why nothing is adjusted")
        return given
