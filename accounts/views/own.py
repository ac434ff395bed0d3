"""One's own account: what there is, the password, where one is signed in, and proving again who one is."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.internal import auth as passkeys
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, for_everyone, sign_in_of_request, signed_in
from accounts.enums import SignInWay
from accounts.forms import CodeForm, NewPasswordForm, PasskeyForm, PasswordForm
from accounts.models import IdentityProvider, User
from accounts.selectors import has_second_step, second_steps_of, sign_ins_of
from accounts.services.identities import organisations_to_connect
from accounts.services.mail import tell_of_change
from accounts.services.sign_ins import confirm as write_confirmation
from accounts.services.sign_ins import end, end_all

GET_OR_POST = ["GET", "HEAD", "POST"]


@for_everyone
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    return render(
        request,
        "accounts/own.html",
        {
            "steps": second_steps_of(user),
            "sign_ins": sign_ins_of(user),
            "current": sign_in_of_request(request),
            "has_password": user.has_usable_password(),
            "identities": user.identities.select_related("provider"),
            "organisations": organisations_to_connect(user),
        },
    )


@for_everyone
@require_http_methods(GET_OR_POST)
@confirmed()
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; whoever is signed in elsewhere with the old one no longer is."""
    user = signed_in(request)
    form = NewPasswordForm(user, request.POST or None)
    if form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        end_all(user, except_for=sign_in_of_request(request))
        tell_of_change(user, "The password of your account was changed.")
        messages.success(request, "Your password was changed. You are signed out everywhere else.")
        return redirect("accounts:own")
    return render(request, "accounts/password.html", {"form": form})


@for_everyone
@require_POST
def end_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out in another browser."""
    user = signed_in(request)
    end(get_object_or_404(sign_ins_of(user).exclude(pk=sign_in_of_request(request).pk), pk=pk))
    messages.success(request, "That browser is signed out.")
    return redirect("accounts:own")


@for_everyone
@require_POST
def end_other_sign_ins(request: HttpRequest) -> HttpResponse:
    """Sign out in every other browser."""
    end_all(signed_in(request), except_for=sign_in_of_request(request))
    messages.success(request, "You are signed out everywhere else.")
    return redirect("accounts:own")


@for_everyone
@require_http_methods(GET_OR_POST)
def confirm(request: HttpRequest) -> HttpResponse:
    """Have the person prove again who they are: by the second step, or where there is none the password."""
    user = signed_in(request)
    back = _back(request)
    if sign_in_of_request(request).way == SignInWay.ORGANISATION:
        providers = IdentityProvider.objects.filter(identities__user=user)
        return render(request, "accounts/confirm_elsewhere.html", {"providers": providers, "next": back})
    by_code = has_second_step(user)
    form = _proof(request, user, by_code=by_code)
    if form.is_bound and form.is_valid() and _is_theirs(request, user, form):
        write_confirmation(sign_in_of_request(request), at=timezone.now())
        request.session.cycle_key()
        return redirect(back)
    context: dict[str, Any] = {"form": form, "next": back, "by_code": by_code}
    if by_code and second_steps_of(user).passkeys:
        context["js_data"] = {"request_options": passkeys.begin_authentication(user)}
        context["passkey_form"] = PasskeyForm(user=user)
    return render(request, "accounts/confirm.html", context)


def _proof(request: HttpRequest, user: User, *, by_code: bool) -> CodeForm | PasskeyForm | PasswordForm:
    data = request.POST if request.method == "POST" else None
    if not by_code:
        return PasswordForm(data)
    if data is not None and "credential" in data:
        return PasskeyForm(data, user=user)
    return CodeForm(data, user=user)


def _is_theirs(request: HttpRequest, user: User, form: CodeForm | PasskeyForm | PasswordForm) -> bool:
    """Tell whether a password is theirs; wrong ones are counted as at the sign-in. Codes already are."""
    if not isinstance(form, PasswordForm):
        return True
    found = authenticate(request, username=user.email, password=form.cleaned_data["password"])
    if found is None:
        form.add_error("password", "That is not your password. Passwords tell capitals from small letters.")
    return found is not None


def _back(request: HttpRequest) -> str:
    """Return where the person wanted to go, if that is on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("accounts:own")
