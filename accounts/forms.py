"""Input of the sign-in page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

WRONG_PAIR = "The email address or the password is wrong. Passwords tell capitals from small letters."


class SignInForm(AuthenticationForm):
    """E-mail address and password. One message for every wrong pair, so nobody learns who has a sign-in."""

    username = forms.CharField(
        label="Email address",
        max_length=254,
        error_messages={"required": "Enter your email address"},
        widget=forms.EmailInput(
            attrs={
                "class": "govuk-input govuk-input--width-30",
                "autocomplete": "username",
                "spellcheck": "false",
                "autocapitalize": "none",
            }
        ),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        error_messages={"required": "Enter your password"},
        widget=forms.PasswordInput(
            attrs={"class": "govuk-input govuk-input--width-30", "autocomplete": "current-password"}
        ),
    )
    error_messages = {"invalid_login": WRONG_PAIR, "inactive": WRONG_PAIR}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Email address"
