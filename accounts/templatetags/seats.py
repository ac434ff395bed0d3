"""The organisation for which a page was shown: said under the header, and sent with each of its forms."""

from __future__ import annotations

from django import template
from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from accounts.models import SignIn
from accounts.services.memberships import Seat, seat_id

FIELD = "working_for"  # in every form of a person who has several organisations: which one it was shown for

register = template.Library()


class FormMarksNode(CsrfTokenNode):
    """What every form carries: the token against forgery, and where there are several, the organisation."""

    def render(self, context: Context) -> str:
        choice = _choice(context)
        token = super().render(context)
        if not choice["several"]:
            return token
        return format_html('{}<input type="hidden" name="{}" value="{}">', token, FIELD, choice["id"])


@register.tag
def csrf_token(_parser: Parser, _token: Token) -> FormMarksNode:
    """Do what the tag of this name does, and name the organisation that the form was shown for."""
    return FormMarksNode()


@register.inclusion_tag("accounts/_seat.html", takes_context=True)
def seat_bar(context: Context) -> dict[str, object]:
    """Say for which organisation the person works, and lead to the others, where there are any."""
    return _choice(context)


def _choice(context: Context) -> dict[str, object]:
    """Return whether there is anything to choose and what is chosen; ``chosen`` is empty if it is gone."""
    request = context.get("request")
    sign_in = getattr(request, "sign_in", None)
    if not isinstance(sign_in, SignIn):
        return {"several": False}
    seats: list[Seat] = list(request.seats)  # type: ignore[union-attr]
    chosen = next((each.place.name for each in seats if each.key == sign_in.seat), "")
    return {
        "several": len(seats) > 1 or sign_in.seat is not None,
        "is_all": sign_in.seat is None,
        "id": seat_id(sign_in.seat),
        "chosen": chosen,
    }
