"""Who is asking, and whether they have proved it well enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.enums import SignInWay
from accounts.models import SignIn, User
from accounts.rules.matrix import Action, Object, Role, allows
from accounts.selectors import has_second_step

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]

RolesFor = Callable[[User, Mapping[str, object]], set[Role]]

BEFORE_SECOND_STEP = "before_second_step"
AT_ANY_SEAT = "at_any_seat"
NEEDS = "needs"  # on a view: what it needs of the matrix; empty if it is enough to be signed in
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def signed_in(request: HttpRequest) -> User:
    """
    Return the person who sends the request.

    :raises PermissionDenied: if nobody has signed in, which the middleware rules out for every private page.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def sign_in_of_request(request: HttpRequest) -> SignIn:
    """
    Return the sign-in to which the request belongs.

    :raises PermissionDenied: if nobody has signed in.
    """
    sign_in = getattr(request, "sign_in", None)
    if not isinstance(sign_in, SignIn):
        raise PermissionDenied
    return sign_in


def must_add_second_step(sign_in: SignIn) -> bool:
    """
    Tell whether the person may do nothing yet but add an app or a passkey.

    No setting and no role is an exception. The made-up people of a demo are; the production settings fix
    that they are no demo. Who comes in through an organisation's own sign-in takes both steps there.
    """
    if settings.DEMO or sign_in.way == SignInWay.ORGANISATION:
        return False
    return not has_second_step(sign_in.user)


def before_second_step(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view be used by somebody who has yet to add the second step."""
    setattr(view, BEFORE_SECOND_STEP, True)
    return view


def at_any_seat(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view take a form that was shown while the person worked for another organisation."""
    setattr(view, AT_ANY_SEAT, True)
    return view


def for_everyone(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Declare that a view is for everybody who is signed in: it shows what is theirs and nothing else."""
    setattr(view, NEEDS, ())
    return view


def gate(
    thing: Object, action: Action, *, sending: Action | None = None, roles_for: RolesFor
) -> Callable[[View[Arguments]], View[Arguments]]:
    """
    Declare what a view needs of the matrix, and refuse whoever has no role that allows it (403).

    It stands below what says which methods the view takes. What the person sees of the object's rows is
    decided by the view's own way in.

    :param sending: what is needed to send the view's form, if that is another action.
    :param roles_for: gives a person's roles where the arguments of the view are; it may raise ``Http404``.
    """

    def decorate(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def asking(
            request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HttpResponse:
            wanted = action if request.method in SAFE_METHODS else sending or action
            if not allows(roles_for(signed_in(request), kwargs), thing, wanted):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        setattr(asking, NEEDS, (thing, action, sending or action))
        return asking

    return decorate


def confirmed(form: str | None = None) -> Callable[[View[Arguments]], View[Arguments]]:
    """
    Make a view ask first for a fresh proof of who is there, unless there was one in the last ten minutes.

    For what cannot be undone or moves money. A sign-in is a proof too.

    :param form: the name of the page, with the same arguments, whose form sends to the view, if the view
        does not show it itself; it is where the person comes back to.
    """

    def decorate(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def asking(
            request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HttpResponse:
            if sign_in_of_request(request).is_confirmed(timezone.now()):
                return view(request, *args, **kwargs)
            back = reverse(form, args=args, kwargs=kwargs) if form else request.get_full_path()
            return redirect(f"{reverse('accounts:confirm')}?{urlencode({'next': back})}")

        return asking

    return decorate
