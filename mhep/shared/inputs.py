"""The inputs of forms that people fill in: each with its label, its hint and what to say when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

from django import forms

from mhep.kernel.money import from_major
from mhep.shared.sealed_ids import Kind, opened_id, sealed_id

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
Choices = Sequence[tuple[Any, Any]]
SIGNS = "£€"  # of currencies, in front of an amount or behind it
_IN_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")


class DayInput(forms.MultiWidget):
    """Day, month and year, each typed into an input of its own."""

    def __init__(self) -> None:
        parts = {"day": 2, "month": 2, "year": 4}
        super().__init__({name: _part(width) for name, width in parts.items()})

    def decompress(self, value: date | None) -> list[int | None]:
        return [value.day, value.month, value.year] if value else [None, None, None]

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0"


class DayField(forms.MultiValueField):
    """A date; a month may be a number or a name such as ``march`` or ``Mar``."""

    widget = DayInput
    template = "components/day_field.html"

    def __init__(self, *, label: str, needed: str = "", hint: str = "") -> None:
        """
        :param needed: what to say when it is absent; empty where it may be.
        """
        parts = [forms.CharField(required=False) for _ in range(3)]
        super().__init__(
            parts,
            label=label,
            help_text=hint or "For example, 27 3 2026",
            required=bool(needed),
            require_all_fields=False,
            error_messages={"required": needed},
        )

    def clean(self, value: Any) -> date | None:
        texts = [str(part).strip() for part in value or [] if part is not None]
        if not any(texts):
            return super().clean([]) if self.required else None
        if not all(texts):
            raise forms.ValidationError(f"{self.label} needs a day, a month and a year")
        try:
            day, month, year = texts
            return date(_year(year), _month(month), int(day))
        except ValueError:
            raise forms.ValidationError(f"{self.label} needs a real date, for example 27 3 2026") from None


class OneOf(forms.RadioSelect):
    """Radios; a summary of errors leads to the first."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index or "0")


class SomeOf(forms.CheckboxSelectMultiple):
    """Checkboxes; a summary of errors leads to the first."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index or "0")


class OneOfField(forms.ChoiceField):
    widget = OneOf
    template = "components/choice_field.html"


class OneRowField(OneOfField):
    """A choice of one row of the database; what the browser sees and sends is a sealed id."""

    def __init__(self, *, kind: Kind, **kwargs: Any) -> None:
        self._kind = kind
        super().__init__(**kwargs)

    def offer(self, rows: Iterable[tuple[int, Any]]) -> None:
        """Offer these rows, each as its primary key and its label, and no others."""
        self.choices = [(str(sealed_id(self._kind, key)), label) for key, label in rows]

    def offer_none(self, label: str) -> None:
        """Offer, before the rows, to choose none of them."""
        self.choices = [("", label), *cast("list[Any]", self.choices)]

    def prepare_value(self, value: Any) -> Any:
        """Return the id of a primary key that the form begins with."""
        return str(sealed_id(self._kind, value)) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        """Return the primary key of what was chosen, ``None`` where nothing had to be."""
        chosen = super().clean(value)
        return opened_id(self._kind, chosen) if chosen else None


class SomeOfField(forms.MultipleChoiceField):
    widget = SomeOf
    template = "components/choice_field.html"


class LineField(forms.CharField):
    template = "components/field.html"


class NumberField(forms.DecimalField):
    template = "components/field.html"


class SelectField(forms.ChoiceField):
    template = "components/field.html"


class AmountField(LineField):
    """
    An amount in major units; its value is minor units, None if it is absent and may be.

    ``1250``, ``1,250.5`` and ``£1 250.00`` are understood. A comma or a blank that does not part thousands is
    refused: to some it stands in front of the pennies, and an amount is never guessed.
    """

    def clean(self, value: Any) -> int | None:
        typed = str(super().clean(value) or "").strip()
        if not typed:
            return None
        text = ",".join(typed.strip(SIGNS).split())
        try:
            return from_major(text.replace(",", "") if _IN_THOUSANDS.fullmatch(text) else text)
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


def line(label: str, *, needed: str = "", hint: str = "", width: int = 20, **attrs: str) -> LineField:
    """Return an input of one line; without ``needed`` it may stay empty."""
    attrs = {"class": f"govuk-input govuk-input--width-{width}", "autocomplete": "off", **attrs}
    return LineField(
        label=label if needed else f"{label} (optional)",
        help_text=hint,
        required=bool(needed),
        max_length=300,
        error_messages={"required": needed},
        widget=forms.TextInput(attrs=attrs),
    )


def paragraph(label: str, *, needed: str = "", hint: str = "") -> LineField:
    """Return an input of several lines; without ``needed`` it may stay empty."""
    return LineField(
        label=label if needed else f"{label} (optional)",
        help_text=hint,
        required=bool(needed),
        max_length=4000,
        error_messages={"required": needed},
        widget=forms.Textarea(attrs={"class": "govuk-textarea", "rows": 3}),
    )


def number(label: str, *, needed: str = "", wrong: str, most: int, hint: str = "") -> NumberField:
    """Return an input for a number from 0 to ``most``."""
    return NumberField(
        label=label if needed else f"{label} (optional)",
        help_text=hint,
        required=bool(needed),
        min_value=0,
        max_value=most,
        max_digits=6,
        error_messages={
            **dict.fromkeys(("invalid", "min_value", "max_value", "max_digits", "max_decimal_places"), wrong),
            "required": needed,
        },
        widget=forms.TextInput(
            attrs={"class": "govuk-input govuk-input--width-5", "inputmode": "decimal", "autocomplete": "off"}
        ),
    )


def amount(label: str, *, needed: str = "", hint: str = "") -> AmountField:
    """Return an input for an amount of nothing or more; without ``needed`` it may stay empty."""
    return AmountField(
        label=label if needed else f"{label} (optional)",
        help_text=hint,
        required=bool(needed),
        max_length=30,
        error_messages={"required": needed, "invalid": f"{label} must be an amount like 1250.00"},
        widget=forms.TextInput(
            attrs={
                "class": "govuk-input govuk-input--width-10",
                "inputmode": "decimal",
                "autocomplete": "off",
            }
        ),
    )


def select(label: str, choices: Choices, *, needed: str = "", hint: str = "") -> SelectField:
    """Return a choice of one from a list that opens; nothing is chosen at first."""
    return SelectField(
        label=label if needed else f"{label} (optional)",
        help_text=hint,
        required=bool(needed),
        choices=[("", "Choose"), *choices],
        error_messages={"required": needed, "invalid_choice": needed or "Choose one of the list"},
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )


def one_of(label: str, choices: Choices, *, needed: str) -> OneOfField:
    """Return a choice of one, which must be made."""
    errors = {"required": needed, "invalid_choice": needed}
    return OneOfField(label=label, choices=list(choices), error_messages=errors)


def one_row(label: str, kind: Kind, *, needed: str) -> OneRowField:
    """Return a choice of one row, which must be made; :meth:`OneRowField.offer` says of which."""
    return OneRowField(kind=kind, label=label, error_messages={"required": needed, "invalid_choice": needed})


def some_of(label: str, choices: Choices, *, needed: str) -> SomeOfField:
    """Return a choice of one or more."""
    errors = {"required": needed, "invalid_choice": needed}
    return SomeOfField(label=label, choices=list(choices), error_messages=errors)


def _part(width: int) -> forms.TextInput:
    return forms.TextInput(attrs={"class": f"govuk-input govuk-date-input__input govuk-input--width-{width}"})


def _month(text: str) -> int:
    return int(text) if text.isdigit() else MONTHS.index(text[:3].casefold()) + 1


def _year(text: str) -> int:
    if len(text) != 4:
        raise ValueError(text)
    return int(text)
