"""A letter, and how it can fail to leave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """
    One letter to one address, in plain text and in HTML that says the same.

    ``stop_at`` is the page on which the reader can stop letters like it; empty where they cannot.
    """

    to: str
    subject: str
    text: str
    html: str
    stop_at: str = ""


class LetterNotSent(Exception):
    """A letter did not leave. Its text names no address, so that it may stand in logs and on pages."""


class PostAway(LetterNotSent):
    """What sends letters did not answer, or asked to wait: the same letter may leave later."""


class LetterRefused(LetterNotSent):
    """What sends letters will not take this one, however often it is asked."""
