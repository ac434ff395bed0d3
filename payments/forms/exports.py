"""What finance is asked for to export the ledger, and about the codes of its own accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms

from mhep.shared.inputs import Choices, DayField, line, one_of, paragraph, select
from payments.enums import CodeFor, ExportFormat
from payments.rules.booking.codes import Code, Subject
from payments.selectors.booking_codes import Thing, ThingToday, funders_of, outcomes_of, providers_of
from payments.selectors.exporting import Waiting
from payments.services.exports import Wanted
from providers.models import Operator


class ExportForm(forms.Form):
    """Which days go into the accounts, and in which form."""

    format = one_of("What do your accounts take?", [], needed="Choose what your accounts take")
    first_day = DayField(label="From", needed="Enter the first day")
    last_day = DayField(label="To", needed="Enter the last day")

    def __init__(self, data: Any = None, *, waiting: Sequence[Waiting], days: tuple[date, date]) -> None:
        super().__init__(data, initial={"first_day": days[0], "last_day": days[1]})
        self.fields["format"].choices = [  # type: ignore[attr-defined]
            (each.format.value, each.format.label) for each in waiting
        ]

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        first, last = self.cleaned_data.get("first_day"), self.cleaned_data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day must not lie before the first")
        return given

    def wanted(self, currency: str) -> Wanted:
        """Return what a valid form asks for."""
        given = self.cleaned_data
        return Wanted(ExportFormat(given["format"]), currency, given["first_day"], given["last_day"])


class UndoExportForm(forms.Form):
    """Why an export is taken back."""

    reason = paragraph(
        "Why was it not imported?",
        needed="Write why the export was not imported",
        hint="For example: the accounts refused the file because a customer did not exist.",
    )


class BookingCodeForm(forms.Form):
    """What something is called in the operator's own accounts, from a day on."""

    thing = select("What is the code for?", [], needed="Choose what the code is for")
    party = select(
        "Only for the funder or provider", [], hint="Leave it empty for a code that holds for all of them."
    )
    outcome = select(
        "Only for the outcome", [], hint="Leave it empty for a code that holds for every outcome."
    )
    code = line(
        "Code in your accounts",
        needed="Enter the code as your accounts have it",
        hint="A nominal code such as 4000, a tax code such as T1, or the name of a tax rate in Xero.",
    )
    department = line("Department or cost centre", width=10)
    starts_on = DayField(label="From", needed="Enter the day from which the code is used")

    def __init__(
        self, data: Any = None, *, operator: Operator, things: Sequence[Thing], initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        self._things = {thing.key: thing for thing in things}
        self._funders, self._providers = funders_of(operator), providers_of(operator)
        self._outcomes = outcomes_of(operator)
        parties = [(f"funder-{key}", row.name) for key, row in self._funders.items()]
        parties += [(f"provider-{key}", row.name) for key, row in self._providers.items()]
        self._offer("thing", _grouped(things))
        self._offer("party", parties)
        self._offer("outcome", [(key, f"{row.name} ({key})") for key, row in self._outcomes.items()])

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        thing = self._things.get(self.cleaned_data.get("thing", ""))
        if thing is not None and thing.kind not in {CodeFor.ACCOUNT, CodeFor.VAT}:
            for name in ("party", "outcome"):
                if self.cleaned_data.get(name):
                    self.add_error(name, "A customer or supplier has one code: leave this empty")
        return given

    def booking_code(self) -> Code:
        """Return the code that a valid form asks for."""
        given = self.cleaned_data
        subject = self._things[given["thing"]].subject
        if given["party"] or given["outcome"]:
            side, _, key = given["party"].partition("-")
            subject = Subject(
                subject.kind,
                account=subject.account,
                vat=subject.vat,
                funder=self._funders[key].pk if side == "funder" else None,
                provider=self._providers[key].pk if side == "provider" else None,
                outcome=self._outcomes[given["outcome"]].pk if given["outcome"] else None,
            )
        return Code(subject, given["starts_on"], given["code"].strip(), given["department"].strip())

    def _offer(self, name: str, choices: Choices) -> None:
        self.fields[name].choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]


class BookingCodesForm(forms.Form):
    """Codes for everything at once, all from the same day on; what is left empty keeps what it has."""

    starts_on = DayField(label="From", needed="Enter the day from which the codes are used")

    def __init__(self, data: Any = None, *, things: Sequence[ThingToday], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self._things = {f"code-{each.thing.key}": each.thing for each in things}
        for each in things:
            field = line(each.thing.name, hint=f"Now {each.code}" if each.code else "", width=10)
            field.label = each.thing.name
            self.fields[f"code-{each.thing.key}"] = field

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        if not self.errors and not any(self.cleaned_data.get(name) for name in self._things):
            raise forms.ValidationError("Enter at least one code")
        return given

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Yield the inputs under what they are codes for."""
        for kind in CodeFor:
            yield kind.label, [self[name] for name, thing in self._things.items() if thing.kind == kind]

    def booking_codes(self) -> list[Code]:
        """Return the codes that a valid form asks for."""
        day = self.cleaned_data["starts_on"]
        given = {thing: self.cleaned_data[name].strip() for name, thing in self._things.items()}
        return [Code(thing.subject, day, code) for thing, code in given.items() if code]

    def refuse(self, subject: Subject | None, message: str) -> None:
        """Say beside the input of a subject what is wrong with it."""
        names = [name for name, thing in self._things.items() if thing.subject == subject]
        self.add_error(names[0] if names else None, message)


def _grouped(things: Sequence[Thing]) -> Choices:
    return [
        (kind.label, [(thing.key, thing.name) for thing in things if thing.kind == kind])
        for kind in CodeFor
        if any(thing.kind == kind for thing in things)
    ]
