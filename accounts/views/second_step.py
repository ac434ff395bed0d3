"""Adding, replacing and removing the ways in which one takes the second step."""

from __future__ import annotations

import base64

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import delete_and_cleanup
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery_flows
from allauth.mfa.totp.internal import flows as app_flows
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.internal import flows as passkey_flows
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import before_second_step, confirmed, for_everyone, signed_in
from accounts.forms import NewAppForm, NewPasskeyForm
from accounts.selectors import second_steps_of
from accounts.services.second_step import remember_step

GET_OR_POST = ["GET", "HEAD", "POST"]


@for_everyone
@before_second_step
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Say why a second step is needed and offer the two kinds."""
    return render(request, "accounts/second_step_choose.html")


@for_everyone
@before_second_step
@require_http_methods(GET_OR_POST)
@confirmed()
def add_app(request: HttpRequest) -> HttpResponse:
    """Show the secret for the app and take the first code that it makes."""
    user = signed_in(request)
    if second_steps_of(user).app is not None:
        raise Http404
    form = NewAppForm(request.POST or None)
    if form.is_valid() and form.step is not None:
        authenticator, codes = app_flows.activate_totp(request, form)
        remember_step(authenticator, form.step)
        return _after_adding(request, "The authenticator app was added.", has_new_codes=codes is not None)
    address = get_adapter().build_totp_url(user, form.secret)
    picture = base64.b64encode(get_adapter().build_totp_svg(address).encode()).decode()
    return render(
        request,
        "accounts/app_add.html",
        {"form": form, "picture": f"data:image/svg+xml;base64,{picture}", "secret": _in_fours(form.secret)},
    )


@for_everyone
@before_second_step
@require_http_methods(GET_OR_POST)
@confirmed()
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Have the browser make a passkey for this site and keep its public half."""
    user = signed_in(request)
    form = NewPasskeyForm(request.POST or None, user=user)
    if form.is_valid():
        data = form.cleaned_data
        _, codes = passkey_flows.add_authenticator(request, name=data["name"], credential=data["credential"])
        return _after_adding(request, "The passkey was added.", has_new_codes=codes is not None)
    options = passkeys.begin_registration(user, passwordless=False)
    return render(
        request, "accounts/passkey_add.html", {"form": form, "js_data": {"creation_options": options}}
    )


@for_everyone
@before_second_step
@require_safe
@confirmed()
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show the recovery codes, once."""
    signed_in(request)
    codes, may_see = recovery_flows.view_recovery_codes(request)
    if codes is None:
        raise Http404
    return render(
        request,
        "accounts/recovery_codes.html",
        {"codes": codes.get_unused_codes() if may_see else [], "left": len(codes.get_unused_codes())},
    )


@for_everyone
@require_http_methods(GET_OR_POST)
@confirmed()
def make_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes by new ones."""
    if second_steps_of(signed_in(request)).ways == 0:
        raise Http404
    if request.method != "POST":
        return render(request, "accounts/recovery_codes_make.html")
    recovery_flows.generate_recovery_codes(request)
    return redirect("accounts:recovery-codes")


@for_everyone
@require_http_methods(GET_OR_POST)
@confirmed()
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove an app or a passkey, unless it is the last."""
    user = signed_in(request)
    own = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    authenticator = get_object_or_404(own, pk=pk)
    if not get_adapter().can_delete_authenticator(authenticator):
        messages.error(request, get_adapter().error_messages["cannot_delete_authenticator"])
        return redirect("accounts:own")
    if request.method != "POST":
        return render(request, "accounts/second_step_remove.html", {"authenticator": authenticator})
    delete_and_cleanup(request, authenticator)
    kind = "totp_deactivated" if authenticator.type == Authenticator.Type.TOTP else "webauthn_removed"
    get_account_adapter(request).send_notification_mail(f"mfa/email/{kind}", user)
    messages.success(request, "It was removed.")
    return redirect("accounts:own")


def _after_adding(request: HttpRequest, done: str, *, has_new_codes: bool) -> HttpResponse:
    messages.success(request, done)
    return redirect("accounts:recovery-codes" if has_new_codes else "accounts:own")


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
