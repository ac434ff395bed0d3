"""Coming in through an organisation's own sign-in."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from accounts.access import confirmed, for_everyone, sign_in_of_request, signed_in
from accounts.enums import SignInWay
from accounts.models import IdentityProvider, User
from accounts.services.identities import bind, join, user_of
from accounts.services.invitations import invitation_for
from accounts.services.oidc import Answer, Question, SignInRefused, address_to_ask, read_answer
from accounts.services.sign_ins import WAY
from accounts.services.sign_ins import confirm as write_confirmation
from mhep.kernel.problems import BusinessRuleError

logger = logging.getLogger(__name__)

ASKED = "organisation_asked"  # in the session: the question, and what for
BACKEND = "django.contrib.auth.backends.ModelBackend"
FRESH = 60  # seconds: how old a proof may be that is asked for anew
REFUSED = 403


@login_not_required
@require_safe
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Ask the organisation who it is; afterwards the person is signed in, or has joined what invites them."""
    return _ask(request, code, invitation=request.GET.get("invitation", ""), next=_next(request))


@for_everyone
@require_safe
def start_confirming(request: HttpRequest, code: str) -> HttpResponse:
    """Ask the organisation anew who it is, for something that cannot be undone."""
    signed_in(request)
    return _ask(request, code, max_age=FRESH, is_proof=True, next=_next(request))


@for_everyone
@require_safe
@confirmed()
def start_connecting(request: HttpRequest, code: str) -> HttpResponse:
    """Ask the organisation who it is, to connect an account that there is already."""
    signed_in(request)
    return _ask(request, code, is_connection=True)


@login_not_required
@require_safe
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Take what the organisation's sign-in says."""
    provider = get_object_or_404(IdentityProvider, code=code)
    asked: dict[str, Any] = request.session.pop(ASKED, {})
    try:
        found = read_answer(
            provider,
            Question(**asked["question"]) if asked else None,
            request.GET.dict(),
            redirect_uri=_redirect_uri(request, provider),
            at=timezone.now(),
        )
        return _use(request, provider, found, asked)
    except SignInRefused as reason:
        logger.warning("A sign-in through %s was refused: %s", provider.code, reason)
        return _refuse(request, provider, "The sign-in did not work. Try again.")
    except BusinessRuleError as refusal:
        return _refuse(request, provider, str(refusal))


def _ask(request: HttpRequest, code: str, *, max_age: int | None = None, **purpose: Any) -> HttpResponse:
    provider = get_object_or_404(IdentityProvider, code=code)
    question = Question.new(provider, at=timezone.now(), max_age=max_age)
    try:
        address = address_to_ask(provider, question, redirect_uri=_redirect_uri(request, provider))
    except SignInRefused as reason:
        logger.warning("The sign-in of %s cannot be asked: %s", provider.code, reason)
        return _refuse(request, provider, "The organisation’s sign-in does not answer. Try again later.")
    request.session[ASKED] = {"question": asdict(question), **purpose}
    return redirect(address)


def _use(
    request: HttpRequest, provider: IdentityProvider, found: Answer, asked: dict[str, Any]
) -> HttpResponse:
    """Do what the question was asked for."""
    if asked.get("is_proof") or asked.get("is_connection"):
        return _use_for_account(request, signed_in(request), provider, found, asked)
    if asked.get("invitation"):
        invitation = invitation_for(asked["invitation"], at=timezone.now())
        if invitation is None:
            return render(request, "accounts/invitation_over.html", status=404)
        user: User | None = join(invitation, provider, found, at=timezone.now())
    else:
        user = user_of(found)
    if user is None:
        return _refuse(
            request, provider, "Nobody here belongs to that sign-in. Open the link of your invitation."
        )
    request.session.flush()
    request.session[WAY] = SignInWay.ORGANISATION
    login(request, user, backend=BACKEND)
    return redirect(asked.get("next") or settings.LOGIN_REDIRECT_URL)


def _use_for_account(
    request: HttpRequest, user: User, provider: IdentityProvider, found: Answer, asked: dict[str, Any]
) -> HttpResponse:
    if asked.get("is_connection"):
        bind(user, provider, found, at=timezone.now())
        messages.success(request, f"Your account is connected with the sign-in of {provider.name}.")
        return redirect("accounts:own")
    if user_of(found) != user:
        return _refuse(request, provider, "Somebody else signed in there. Try again.")
    write_confirmation(sign_in_of_request(request), at=timezone.now())
    return redirect(asked.get("next") or "accounts:own")


def _refuse(request: HttpRequest, provider: IdentityProvider, why: str) -> HttpResponse:
    context = {"provider": provider, "why": why}
    return render(request, "accounts/organisation_refused.html", context, status=REFUSED)


def _redirect_uri(request: HttpRequest, provider: IdentityProvider) -> str:
    return request.build_absolute_uri(reverse("accounts:organisation-answer", args=[provider.code]))


def _next(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else ""
