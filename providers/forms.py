"""Input of the pages about people, about tokens and about what invoices say of an operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.enums import Scope
from accounts.rules.tokens import LIFETIMES
from accounts.services.memberships import kinds
from accounts.services.tokens import Wanted
from mhep.kernel import identifiers
from mhep.shared.inputs import line, one_of, paragraph, some_of
from mhep.shared.models import HappeningType
from mhep.shared.replacing import Replacing
from mhep.shared.sealed_ids import Kind, opened_id, sealed_id
from mhep.shared.webhooks.guard import ForbiddenAddress, check_url
from providers.models import Operator
from providers.services.tokens import roles_for_tokens
from providers.services.webhooks import told


class InviteForm(forms.Form):
    """An address, and what it is invited to: one choice of organisation and role."""

    email = forms.EmailField(
        label="Email address",
        max_length=254,
        error_messages={
            "required": "Enter the email address of the person",
            "invalid": "Enter an email address like name@example.org",
        },
        widget=forms.EmailInput(
            attrs={"class": "govuk-input govuk-input--width-30", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    seat = forms.ChoiceField(
        label="Organisation and role",
        error_messages={
            "required": "Choose an organisation and a role",
            "invalid_choice": "Choose an organisation and a role from the list",
        },
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )

    def __init__(self, *args: Any, operator: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seat"].choices = [("", "Choose"), *seats(operator)]  # type: ignore[attr-defined]

    def chosen(self) -> tuple[str, int, str]:
        """Return the kind, the key of the organisation and the role of a valid form."""
        kind, place, role = self.cleaned_data["seat"].split(":")
        return kind, opened_id(Kind.PLACE, place), role


def seat_of(kind: str, place: int, role: str) -> str:
    """Return the value that stands for a role at the organisation of that kind and key."""
    return f"{kind}:{sealed_id(Kind.PLACE, place)}:{role}"


def seats(operator: int) -> list[tuple[str, str]]:
    """Return every organisation and role to which the operator may invite, as value and label."""
    return [
        (seat_of(kind, place.pk, role), f"{place.name}: {label.lower()}")
        for kind, known in kinds().items()
        for place in known.places(operator)
        for role, label in known.roles.items()
    ]


class TokenForm(forms.Form):
    """What a new token of the API is called, whose it is, what it is for and how long it lasts."""

    name = line("Name", needed="Enter a name for the token", hint="The program that will use it", width=30)
    seat = forms.ChoiceField(
        label="Organisation and role",
        error_messages={
            "required": "Choose an organisation and a role",
            "invalid_choice": "Choose an organisation and a role from the list",
        },
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )
    scopes = some_of("What it is for", Scope.choices, needed="Choose at least one thing that it is for")
    days = one_of(
        "How long it lasts",
        [(str(days), f"{days} days") for days in LIFETIMES],
        needed="Choose how long it lasts",
    )

    def __init__(self, *args: Any, operator: Operator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [
            (seat_of(kind, place, role), words) for kind, place, role, words in roles_for_tokens(operator)
        ]
        self.fields["seat"].choices = [("", "Choose"), *offered]  # type: ignore[attr-defined]
        self.initial.setdefault("days", "90")

    def wanted(self) -> Wanted:
        """Return what a valid form asks for."""
        said = self.cleaned_data
        kind, place, role = said["seat"].split(":")
        return Wanted(
            name=said["name"].strip(),
            kind=kind,
            place=opened_id(Kind.PLACE, place),
            role=role,
            scopes=said["scopes"],
            days=int(said["days"]),
        )


class WebhookForm(forms.Form):
    """Where a program of an organisation is to be told, and of what."""

    url = line(
        "Address",
        needed="Enter the address to which we send",
        hint="It begins with https:// and is on the public internet",
        width=30,
        inputmode="url",
        spellcheck="false",
    )
    place = forms.ChoiceField(
        label="Organisation",
        error_messages={"required": "Choose an organisation", "invalid_choice": "Choose one from the list"},
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )
    types = some_of("Tell it of", HappeningType.choices, needed="Choose at least one thing to tell it of")

    def __init__(self, *args: Any, operator: Operator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(f"{kind}:{sealed_id(Kind.PLACE, place)}", name) for kind, place, name in told(operator)]
        self.fields["place"].choices = [("", "Choose"), *offered]  # type: ignore[attr-defined]

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        try:
            check_url(url)
        except ForbiddenAddress as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return url

    def chosen(self) -> tuple[str, int]:
        """Return the kind and the key of the organisation of a valid form."""
        kind, place = self.cleaned_data["place"].split(":")
        return kind, opened_id(Kind.PLACE, place)


class SellerForm(Replacing):
    """What invoices say about the operator; each number is checked by its own rule."""

    blamed = "legal_name"
    legal_name = line("Name in law", hint="Where it differs from the operator’s name", width=30)
    address = paragraph("Address", hint="One line below the other, as on an envelope, without the country")
    country = line("Country", hint="Two letters, like GB, DK or FR", width=2)
    vat_number = line("VAT number", hint="With the country before it, like GB980780684")
    registration_number = line("Registration number", hint="In a register of companies; CVR or SIREN")
    e_address_scheme = line(
        "Scheme of the e-address",
        hint="0088 for a GLN, 0184 for a CVR number, 0009 for a SIRET, 9932 for a British VAT number",
        width=4,
    )
    e_address_id = line("E-address", hint="Under which e-invoices come from you, in that scheme")
    iban = line("IBAN", width=30)
    bic = line("BIC")
    bank_details = paragraph(
        "Bank details as printed",
        hint="One to a line: Account name: …, Sort code: …, Account number: …",
    )

    def __init__(self, data: Any = None, *, initial: Mapping[str, str]) -> None:
        """
        :param initial: what invoices say now.
        """
        super().__init__(data, initial=dict(initial))
        self.show()

    def clean(self) -> dict[str, str]:
        values: dict[str, str] = {**super().clean()}
        for name in ("country", "vat_number", "iban", "bic"):
            values[name] = "".join(values.get(name, "").split()).upper()
        for name, check, message in _CHECKS:
            if values[name] and not check(values[name]):
                self.add_error(name, message)
        scheme, identifier = values.get("e_address_scheme", ""), values.get("e_address_id", "")
        if bool(scheme) != bool(identifier):
            self.add_error("e_address_id", "Enter both the scheme and the e-address, or neither")
        elif scheme and not identifiers.is_e_address(scheme, identifier):
            self.add_error("e_address_id", f"Enter an identifier of scheme {scheme}, with right check digits")
        return values


_CHECKS = (
    ("country", identifiers.is_country, "Enter the country as two letters, like GB"),
    ("vat_number", identifiers.is_vat_number, "Enter a VAT number with its country and right check digits"),
    ("iban", identifiers.is_iban, "Enter an IBAN with right check digits, like GB82 WEST 1234 5698 7654 32"),
    ("bic", identifiers.is_bic, "Enter a BIC of 8 or 11 characters, like NDEADKKK"),
)
