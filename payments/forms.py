"""What a verifier, an auditor, a funder and the finance team are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms

from funders.models import Agreement, Programme, Term
from mhep.kernel.money import from_major
from mhep.shared.inputs import (
    Choices,
    DayField,
    LineField,
    SelectField,
    line,
    number,
    one_of,
    paragraph,
    select,
    some_of,
)
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.enums import Rule
from outcomes.models import OutcomeEvent
from outcomes.rules.answers import Facts
from payments.enums import Account as LedgerAccount
from payments.enums import AdjustmentState, Settlement
from payments.models import Document
from payments.models.documents import PREFIXES
from payments.rules.bank_csv import ColumnMapping
from payments.rules.credit_transfer import Account
from payments.selectors.document_detail import document_by_number
from payments.selectors.statement_page import LineGroup, LineView, StatementPage
from payments.services.adjustments import About


class QueryForm(forms.Form):
    """A question to the provider."""

    about = select("Which rule is it about?", Rule.choices, needed="Choose which rule the question is about")
    question = paragraph("Question to the provider", needed="Write what the provider shall answer")


class RejectForm(forms.Form):
    """Why an event does not count, and what can be done."""

    about = select("Which rule does it break?", Rule.choices, needed="Choose which rule the event breaks")
    reason = paragraph("Reason", needed="Write why the event does not count")
    cure = paragraph(
        "How to cure it",
        needed="Write what the provider can do, or that nothing can be done",
        hint="For example: record it anew under another reference with the first payslip.",
    )


class AnswerForm(forms.Form):
    """The answer to a question, with whatever of the claim it corrects."""

    answer = paragraph("Answer", needed="Write the answer to the question")
    outcome_date = DayField(label="Outcome date", needed="Enter the outcome date")
    hours = number(
        "Hours a week", wrong="Hours a week must be a number from 0 to 168, like 16 or 37.5", most=168
    )
    job = line("Job")
    evidence = line(
        "Kinds of evidence", hint="As in files, with a semicolon between two: payslip; time_slip", width=30
    )

    def __init__(self, data: Any = None, *, event: OutcomeEvent, auto_id: str = "id_%s") -> None:
        initial = {
            "outcome_date": event.outcome_date,
            "hours": event.hours_per_week,
            "job": event.job,
            "evidence": "; ".join(event.evidence),
        }
        super().__init__(data, initial=initial, auto_id=auto_id)
        self._event = event

    def facts(self) -> Facts | None:
        """Return the corrected facts of a valid form, or None if it repeats what the event says."""
        given = self.cleaned_data
        kinds = {kind.strip() for kind in given["evidence"].split(";")} - {""}
        facts = Facts(given["outcome_date"], given["hours"], given["job"].strip(), tuple(sorted(kinds)))
        event = self._event
        before = Facts(event.outcome_date, event.hours_per_week, event.job, tuple(sorted(event.evidence)))
        return None if facts == before else facts


class VoidForm(forms.Form):
    """From which day a verified event does not count, and why."""

    voided_on = DayField(label="Day of the void", needed="Enter the day from which the event does not count")
    reason = paragraph("Reason", needed="Write why the event does not count")

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"voided_on": today})


class DrawForm(forms.Form):
    """From which events a sample is drawn, and how much of them."""

    first_day = DayField(label="Verified from", needed="Enter the first day of the period")
    last_day = DayField(label="Verified to", needed="Enter the last day of the period")
    percent = number(
        "Share to look at, in per cent",
        needed="Enter a share from 1 to 100",
        wrong="The share must be a whole number from 1 to 100",
        most=100,
    )
    seed = line(
        "Seed",
        needed="Enter a seed: any words or numbers that were not used before",
        hint="The same seed draws the same sample again. A number thrown with dice is a good one.",
    )

    def clean_percent(self) -> int:
        percent = self.cleaned_data["percent"]
        if percent != int(percent) or percent < 1:
            raise forms.ValidationError("The share must be a whole number from 1 to 100")
        return int(percent)


class FindingForm(forms.Form):
    """What the second look at one event found."""

    is_agreed = select(
        "Do you agree with the verification?",
        [("yes", "Agreed"), ("no", "Not agreed")],
        needed="Choose whether you agree",
    )
    finding = paragraph("Finding", hint="Needed where you do not agree: what is wrong, and how you know.")

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        if self.cleaned_data.get("is_agreed") == "no" and not self.cleaned_data.get("finding", "").strip():
            self.add_error("finding", "Write what is wrong and how you know")
        return given


class ReplyForm(forms.Form):
    """The provider's reply to a finding."""

    reply = paragraph("Reply", needed="Write the reply")


class AsAtForm(forms.Form):
    """The day at whose end balances are shown."""

    on = DayField(label="As at", hint="Empty shows today. For example, 31 3 2026")

    def day(self) -> date | None:
        """Return the day that was asked for; None if there is none or it is no day."""
        return self.cleaned_data.get("on") if self.is_valid() else None


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


class SettleForm(forms.Form):
    """How a funder's query is settled, and why."""

    settlement = one_of("How do you settle it?", [], needed="Choose how the query is settled")
    reason = paragraph("Reason", needed="Write the reason; the funder reads it")

    def __init__(self, data: Any = None, *, ways: Sequence[Settlement]) -> None:
        super().__init__(data)
        self.fields["settlement"].choices = [(way.value, _SETTLING[way]) for way in ways]  # type: ignore[attr-defined]


_SETTLING = {
    Settlement.UPHELD: "Uphold it: the outcome does not count, for any funder",
    Settlement.WAIVED: "Waive it: this funder is spared the charge, nothing else changes",
    Settlement.DISMISSED: "Dismiss it: the line goes on the next statement as it is",
}


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


class StatementAnswerForm(forms.Form):
    """
    One optional reason for each line; a line with a reason is queried, all others are approved.

    ``seen`` carries the fingerprint of what is on the page, so that the answer is about nothing else.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    evidence = paragraph(
        "How did the funder answer?",
        needed="Write how and when the funder answered, and who answered",
        hint="For example: e-mail of the finance officer, 5 July 2026, 10:12. It is shown with your name.",
    )

    def __init__(self, data: Any = None, *, page: StatementPage, is_recorded: bool) -> None:
        super().__init__(data, initial={"seen": page.statement.fingerprint})
        self._page = page
        if not is_recorded:
            del self.fields["evidence"]
        for group in page.groups:
            for view in group.lines:
                if not view.was_dismissed:
                    self.fields[_name(view)] = _reason(view)

    def groups(self) -> Iterator[tuple[LineGroup, list[tuple[LineView, forms.BoundField | None]]]]:
        """Yield each group with its lines, and beside each line its input if it may be queried."""
        for group in self._page.groups:
            yield (
                group,
                [(view, None if view.was_dismissed else self[_name(view)]) for view in group.lines],
            )

    def queries(self) -> dict[int, str]:
        """Return the reasons that a valid form gives, by the key of the line's charge."""
        given = {
            view.line.key: self.cleaned_data.get(_name(view), "").strip()
            for group in self._page.groups
            for view in group.lines
        }
        return {key: reason for key, reason in given.items() if reason}

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Yield what a page that asks once more sends along: names and values of all that was given."""
        for name in self.fields:
            value = self.cleaned_data.get(name, "")
            if value:
                yield name, value


def _name(view: LineView) -> str:
    return f"query-{sealed_id(Kind.CHARGE, view.line.key)}"


def _reason(view: LineView) -> LineField:
    field = paragraph(f"Why do you query {view.line.event or view.line.what}?")
    field.label = f"Why do you query {view.line.event or view.line.what}?"
    field.widget.attrs["rows"] = 2
    return field


ADD, GIVE_BACK = "add", "give_back"


class AdjustmentForm(forms.Form):
    """An amount, which way it goes, and what it is about; everything is named as people name it."""

    agreement = select("Agreement or contract", [], needed="Choose the agreement or contract")
    way = one_of(
        "Which way?",
        [(ADD, "Add it to the next invoice or remittance"), (GIVE_BACK, "Give it back by a credit note")],
        needed="Choose whether it is added or given back",
    )
    amount = line(
        "Amount, without VAT", needed="Enter an amount, like 1250.00", width=10, inputmode="decimal"
    )
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

    def clean_amount(self) -> int:
        try:
            return from_major(self.cleaned_data["amount"].strip())
        except ValueError:
            message = "Enter an amount of at most two decimals without separators, like 1250.00"
            raise forms.ValidationError(message) from None

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
            raise forms.ValidationError(fault)
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

    amount = LineField(
        label="Amount",
        error_messages={"required": "Enter the amount, for example 1250.00"},
        widget=forms.TextInput(
            attrs={
                "class": "govuk-input govuk-input--width-10",
                "inputmode": "decimal",
                "autocomplete": "off",
            }
        ),
    )
    number = line("Document", hint="For example, INV-000012")
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
            (LedgerAccount.BANK_CHARGES, "Bank charges"),
            (LedgerAccount.IN_TRANSIT, "Payments on their way to providers"),
        ],
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )

    def __init__(self, data: Any = None, *, funders: Choices, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["funder"].choices = [("", "Choose"), *funders]  # type: ignore[attr-defined]

    def clean_amount(self) -> int:
        """Return the amount in minor units."""
        try:
            return from_major(self.cleaned_data["amount"].replace(",", "").replace("£", "").strip())
        except ValueError:
            raise forms.ValidationError("Enter an amount like 1250.00") from None

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        chosen = [name for name in ("number", "funder", "account") if given.get(name)]
        if not self.errors and len(chosen) != 1:
            raise forms.ValidationError("Choose one thing that the amount is for")
        return given


class ReasonForm(forms.Form):
    """Why something is undone."""

    reason = line("Reason", needed="Write why this is undone", width=30)
