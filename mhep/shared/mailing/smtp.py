"""Letters through a mail server."""

from __future__ import annotations

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.core.mail import EmailMultiAlternatives

from mhep.shared.mailing.letters import Letter, LetterRefused, PostAway

FOR_GOOD = range(500, 600)  # RFC 5321, 4.2.1: 4yz may be tried again, 5yz may not


def send_by_smtp(letter: Letter) -> None:
    """
    Hand a letter to the mail server that the settings name.

    The library's own errors hold addresses, so they are not passed on.

    :raises PostAway: if the server is away, or asks to try again.
    :raises LetterRefused: if it refuses for good.
    """
    message = EmailMultiAlternatives(letter.subject, letter.text, None, [letter.to], headers=_headers(letter))
    message.attach_alternative(letter.html, "text/html")
    try:
        message.send()
    except (OSError, SMTPException) as error:
        code = _code_of(error)
        if code in FOR_GOOD:
            raise LetterRefused(f"The mail server refused the letter with code {code}.") from None
        raise PostAway(f"The mail server did not take the letter: {type(error).__name__}.") from None


def _headers(letter: Letter) -> dict[str, str]:
    """Say that no person wrote this, so that no machine answers (RFC 3834), and how to stop it (RFC 2369)."""
    stop = {"List-Unsubscribe": f"<{letter.stop_at}>"} if letter.stop_at else {}
    return {"Auto-Submitted": "auto-generated", **stop}


def _code_of(error: Exception) -> int | None:
    """Return the code of the server's answer; None if there was no answer."""
    if isinstance(error, SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=None)
    return error.smtp_code if isinstance(error, SMTPResponseException) else None
