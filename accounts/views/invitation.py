"""Accepting an invitation, and getting back in after a password was forgotten."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.forms import ForgottenPasswordForm, NewAccountForm, NewPasswordForm
from accounts.models import Invitation, User
from accounts.services.identities import provider_of
from accounts.services.invitations import InvitationIsOver, accept, accept_as_new, invitation_for
from accounts.services.mail import tell_of_change
from accounts.services.memberships import memberships
from accounts.services.passwords import ask_for_reset, forget_wrong_passwords
from accounts.services.sign_ins import end_all

GET_OR_POST = ["GET", "HEAD", "POST"]
BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@require_http_methods(GET_OR_POST)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Take an invitation: as whoever is signed in with its address, or with a new account."""
    found = invitation_for(token, at=timezone.now())
    if found is None:
        return render(request, "accounts/invitation_over.html", status=404)
    if isinstance(request.user, User):
        return _join(request, request.user, found)
    return _new_account(request, found, token)


def _join(request: HttpRequest, user: User, found: Invitation) -> HttpResponse:
    if request.method == "POST":
        try:
            accept(found, user, at=timezone.now())
        except InvitationIsOver as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"You have joined {_place_name(found)}.")
            return redirect("funders:start")
    context = {"place": _place_name(found), "is_theirs": found.email == user.email}
    return render(request, "accounts/invitation_join.html", context)


def _new_account(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    provider = provider_of(found)
    is_sole = provider is not None and provider.is_sole
    form = NewAccountForm(User(email=found.email), request.POST or None)
    if not is_sole and form.is_valid():
        data = form.cleaned_data
        try:
            user = accept_as_new(found, name=data["name"], password=data["new_password1"], at=timezone.now())
        except InvitationIsOver as refusal:
            form.add_error("name", str(refusal))
        else:
            login(request, user, backend=BACKEND)
            return redirect("funders:start")
    context = {
        "form": form,
        "place": _place_name(found),
        "email": found.email,
        "here": request.path,
        "provider": provider,
        "is_sole": is_sole,
        "token": token,
    }
    return render(request, "accounts/invitation_new.html", context)


def _place_name(found: Invitation) -> str:
    return memberships(found.kind).name(found.place)


@login_not_required
@require_http_methods(GET_OR_POST)
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Send a link for a new password, if there is such an account; the page says the same if there is not."""
    form = ForgottenPasswordForm(request.POST or None)
    if form.is_valid():
        site = f"{request.scheme}://{request.get_host()}"
        with transaction.atomic():
            ask_for_reset(form.cleaned_data["email"], site=site, at=timezone.now())
        return render(request, "accounts/forgotten_password_sent.html")
    return render(request, "accounts/forgotten_password.html", {"form": form})


class NewPassword(PasswordResetConfirmView):
    """Set a new password with a link from a letter. The second step is still asked for."""

    template_name = "accounts/new_password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("accounts:sign-in")

    def get_user(self, uidb64: Any) -> User | None:
        """Return whom the link is for; the address has opened the key already."""
        return User.objects.filter(pk=uidb64).first()

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        answer = super().form_valid(form)
        user = form.user
        end_all(user)
        forget_wrong_passwords(user)
        tell_of_change(user, "The password of your account was changed with a link from a letter.")
        messages.success(self.request, "Your password was changed. Sign in with it.")
        return answer


new_password = NewPassword.as_view()
