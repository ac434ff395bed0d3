"""How the tests look at letters that were sent."""

from __future__ import annotations

from django.core.mail import EmailAlternative, EmailMessage, EmailMultiAlternatives


def html_of(letter: EmailMessage) -> str:
    """Return what a letter says to people who read HTML."""
    assert isinstance(letter, EmailMultiAlternatives)
    (shown,) = letter.alternatives
    assert isinstance(shown, EmailAlternative)
    assert shown.mimetype == "text/html"
    return str(shown.content)
