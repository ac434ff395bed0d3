"""Signing in and out."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.base.views import AuthenticateView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import at_any_seat, before_second_step, for_everyone, sign_in_of_request
from accounts.forms import CodeForm, PasskeyForm, SignInForm
from accounts.models import IdentityProvider, SignIn
from accounts.services.sign_ins import ENDED, end, keep_up


class PasswordStep(LoginView):
    """The first step: who it is, and the password."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        login = Login(user=user, redirect_url=self.get_success_url())
        response: HttpResponse = perform_password_login(self.request, {"email": user.get_username()}, login)
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return {
            **super().get_context_data(**kwargs),
            "is_demo": settings.DEMO,
            "organisations": IdentityProvider.objects.order_by("name", "pk"),
            "has_ended": self.request.session.pop(ENDED, False),
        }


class SecondStep(AuthenticateView):
    """The second step: a code, or a passkey."""

    template_name = "accounts/second_step.html"
    form_class = CodeForm
    webauthn_form_class = PasskeyForm


class SignOut(LogoutView):
    """End the sign-in, on the server too."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if isinstance(getattr(request, "sign_in", None), SignIn):
            end(sign_in_of_request(request))
        return super().post(request, *args, **kwargs)


sign_in = PasswordStep.as_view()
second_step = SecondStep.as_view()
sign_out = for_everyone(at_any_seat(before_second_step(SignOut.as_view())))


@login_not_required
@require_safe
def time_left(request: HttpRequest) -> JsonResponse:
    """Say in how many seconds the sign-in ends; asking does not make it longer."""
    sign_in = getattr(request, "sign_in", None)
    return _seconds_left(sign_in if isinstance(sign_in, SignIn) else None)


@for_everyone
@at_any_seat
@require_POST
def stay(request: HttpRequest) -> JsonResponse:
    """Make the sign-in last longer, as far as it may."""
    sign_in = sign_in_of_request(request)
    keep_up(sign_in, at=timezone.now())
    return _seconds_left(sign_in)


def _seconds_left(sign_in: SignIn | None) -> JsonResponse:
    return JsonResponse({"seconds": sign_in.seconds_left if sign_in else 0})
