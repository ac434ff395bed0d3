"""Input of the pages about accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import get_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.enums import Rhythm, Weekday
from accounts.models import User
from accounts.rules.digests import FIRST_HOUR, LAST_HOUR
from accounts.services.identities import sole_provider_of
from accounts.services.memberships import ALL, Seat
from accounts.services.second_step import TooManyWrongCodes, check_code, first_step
from mhep.shared.inputs import OneOf, one_of

if TYPE_CHECKING:
    _SetPasswordForm = SetPasswordForm[User]
else:  # Django's forms cannot be subscripted when they run
    _SetPasswordForm = SetPasswordForm

WRONG_PAIR = "The email address or the password is wrong. Passwords tell capitals from small letters."
PASSWORD_HINT = (
    "At least 15 characters. Three or four words that do not belong together are easy to remember."  # noqa: S105
)


def email_input() -> forms.EmailInput:
    return forms.EmailInput(
        attrs={
            "class": "govuk-input govuk-input--width-30",
            "autocomplete": "username",
            "spellcheck": "false",
            "autocapitalize": "none",
        }
    )


def password_input(autocomplete: str) -> forms.PasswordInput:
    return forms.PasswordInput(
        attrs={"class": "govuk-input govuk-input--width-30", "autocomplete": autocomplete}
    )


def code_field(label: str, hint: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=40,
        error_messages={"required": "Enter a code"},
        widget=forms.TextInput(
            attrs={
                "class": "govuk-input govuk-input--width-10",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
            }
        ),
    )


class SignInForm(AuthenticationForm):
    """E-mail address and password. One message for every wrong pair, so nobody learns who has a sign-in."""

    username = forms.CharField(
        label="Email address",
        max_length=254,
        error_messages={"required": "Enter your email address"},
        widget=email_input(),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        error_messages={"required": "Enter your password"},
        widget=password_input("current-password"),
    )
    error_messages = {"invalid_login": WRONG_PAIR, "inactive": WRONG_PAIR}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Email address"

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse in the same words anyone whose organisation lets them in through its own sign-in alone."""
        super().confirm_login_allowed(user)
        if sole_provider_of(user) is not None:
            raise self.get_invalid_login_error()


class CodeForm(forms.Form):
    """A code of the app, or a recovery code. Looking at it uses it up."""

    code = code_field("Code", "The 6 figures that your app shows, or one of your recovery codes")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.authenticator: Authenticator | None = None

    def clean_code(self) -> str:
        try:
            self.authenticator = check_code(self.user, self.cleaned_data["code"], at=timezone.now())
        except TooManyWrongCodes as refusal:
            raise ValidationError(str(refusal)) from refusal
        if self.authenticator is None:
            raise get_adapter().validation_error("incorrect_code")
        return str(self.cleaned_data["code"])

    def save(self) -> None:
        """Write down in the session that the second step was taken."""
        post_authentication(context.request, self.authenticator)


class PasskeyForm(AuthenticateWebAuthnForm):
    """What a passkey answered."""


NO_PASSKEY = "No passkey was made. Try again, or set up an app instead."


class NewPasskeyForm(AddWebAuthnForm):
    """A new passkey, and what the person calls it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["name"]
        name.label = "Name"
        name.help_text = "What you will know it by, for example “My telephone”"
        name.max_length = 60
        name.widget = forms.TextInput(attrs={"class": "govuk-input govuk-input--width-20", "maxlength": "60"})
        self.fields["credential"].error_messages["required"] = NO_PASSKEY

    def add_error(self, field: str | None, error: Any) -> None:
        """Put what is wrong with the passkey, which nobody sees, beside its name."""
        super().add_error("name" if field == "credential" else field, error)


class NewAppForm(forms.Form):
    """The first code of an app that has just been set up."""

    code = code_field("Code", "The 6 figures that your app shows for MHEP")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secret: str = get_totp_secret(regenerate=False)
        self.step: int | None = None

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.step = first_step(self.secret, code, at=timezone.now())
        if self.step is None:
            raise ValidationError(
                "That code is wrong. Enter the code that your app shows now. If it stays wrong, let your "
                "telephone set its clock by itself."
            )
        return code


class PasswordForm(forms.Form):
    """The person's own password, typed again."""

    password = forms.CharField(
        label="Password",
        strip=False,
        error_messages={"required": "Enter your password"},
        widget=password_input("current-password"),
    )


class NewPasswordForm(_SetPasswordForm):
    """A new password, twice. Long ones are strong; no rule says what must be in them."""

    error_messages = {"password_mismatch": "The two passwords are not the same. Type the new one twice."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, hint in (
            ("new_password1", "New password", PASSWORD_HINT),
            ("new_password2", "New password again", ""),
        ):
            field = self.fields[name]
            field.label, field.help_text = label, hint
            field.widget = password_input("new-password")
            field.error_messages["required"] = "Enter the new password"


class NewAccountForm(NewPasswordForm):
    """The name and the password of somebody who was invited."""

    name = forms.CharField(
        label="Your name",
        help_text="As the people you work with know it",
        max_length=200,
        error_messages={"required": "Enter your name"},
        widget=forms.TextInput(
            attrs={
                "class": "govuk-input govuk-input--width-30",
                "autocomplete": "name",
                "spellcheck": "false",
            }
        ),
    )
    field_order = ["name", "new_password1", "new_password2"]


class SeatForm(forms.Form):
    """One of the person's own organisations, or all of them."""

    organisation = one_of("Which organisation do you work for now?", [], needed="Choose an organisation")

    def __init__(self, *args: Any, seats: Sequence[Seat], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seats = {each.id: each for each in seats}
        own = [(each.id, f"{each.place.name}: {each.role.lower()}") for each in seats]
        self.fields["organisation"].choices = [(ALL, "All of them"), *own]  # type: ignore[attr-defined]

    def chosen(self) -> Seat | None:
        """Return what a valid form names, ``None`` for all of them."""
        return self._seats.get(self.cleaned_data["organisation"])


class ForgottenPasswordForm(forms.Form):
    """The address of somebody who has forgotten the password."""

    email = forms.EmailField(
        label="Email address",
        max_length=254,
        error_messages={
            "required": "Enter your email address",
            "invalid": "Enter an email address like name@example.org",
        },
        widget=email_input(),
    )


def zones() -> list[str]:
    """Return the time zones that a person may choose."""
    return sorted(zone for zone in available_timezones() if zone.startswith(("Europe/", "Atlantic/")))


def hour_in_words(hour: int) -> str:
    """Write an hour of the day: ``8am``, ``12 noon``, ``5pm``."""
    return "12 noon" if hour == 12 else f"{hour % 12}{'am' if hour < 12 else 'pm'}"


class DigestForm(forms.Form):
    """When a person wants the digest."""

    rhythm = forms.ChoiceField(
        label="How often",
        choices=Rhythm.choices,
        widget=OneOf,
        error_messages={
            "required": "Choose how often you want the email",
            "invalid_choice": "Choose how often you want the email",
        },
    )
    weekday = forms.TypedChoiceField(
        label="Day of the week, if once a week",
        choices=Weekday.choices,
        coerce=int,
        error_messages={
            "required": "Choose a day of the week",
            "invalid_choice": "Choose a day of the week",
        },
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )
    hour = forms.TypedChoiceField(
        label="From which hour on",
        help_text="It is never sent after 9pm.",
        choices=[(hour, hour_in_words(hour)) for hour in range(FIRST_HOUR, LAST_HOUR + 1)],
        coerce=int,
        error_messages={"required": "Choose an hour", "invalid_choice": "Choose an hour"},
        widget=forms.Select(attrs={"class": "govuk-select", "aria-describedby": "id_hour_helptext"}),
    )
    timezone = forms.ChoiceField(
        label="Time zone",
        required=False,
        error_messages={"invalid_choice": "Choose a time zone from the list"},
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        """
        :param zone: the time zone of the person's programmes.
        """
        super().__init__(*args, **kwargs)
        usual = ("", f"That of your programmes: {in_words(zone)}")
        choices = [usual, *((each, in_words(each)) for each in zones())]
        self.fields["timezone"].choices = choices  # type: ignore[attr-defined]


def in_words(zone: str) -> str:
    """Write a time zone as people read it: ``London (Europe)``."""
    region, _, place = zone.partition("/")
    return f"{place.replace('_', ' ')} ({region})" if place else region
