"""Addresses of signing in and out and of one's own account."""

from django.urls import path

from accounts.views import invitation, organisation, own, reminders, seat, second_step, sign_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/second-step/", sign_in.second_step, name="second-step"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("sign-in/time-left/", sign_in.time_left, name="time-left"),
    path("sign-in/stay/", sign_in.stay, name="stay"),
    path("sign-in/confirm/", own.confirm, name="confirm"),
    path("sign-in/forgotten-password/", invitation.forgotten_password, name="forgotten-password"),
    path("sign-in/new-password/<account:uidb64>/<str:token>/", invitation.new_password, name="new-password"),
    path("sign-in/organisations/<slug:code>/", organisation.start, name="organisation-start"),
    path("sign-in/organisations/<slug:code>/answer/", organisation.answer, name="organisation-answer"),
    path(
        "sign-in/organisations/<slug:code>/confirm/",
        organisation.start_confirming,
        name="organisation-confirm",
    ),
    path(
        "sign-in/organisations/<slug:code>/connect/",
        organisation.start_connecting,
        name="organisation-connect",
    ),
    path("invitations/<str:token>/", invitation.invitation, name="invitation"),
    path("todo/", reminders.todo, name="todo"),
    path("todo.<str:form>", reminders.todo_file, name="todo-file"),
    path("todo/count/", reminders.todo_count, name="todo-count"),
    path("account/", own.own, name="own"),
    path("account/organisation/", seat.seat, name="seat"),
    path("account/reminders/", reminders.reminders, name="reminders"),
    path("account/reminders/stop/", reminders.reminders_stop, name="reminders-stop"),
    path("account/password/", own.password, name="password"),
    path("account/sign-ins/end-others/", own.end_other_sign_ins, name="end-other-sign-ins"),
    path("account/sign-ins/<sign_in:pk>/end/", own.end_sign_in, name="end-sign-in"),
    path("account/second-step/", second_step.choose, name="second-step-choose"),
    path("account/second-step/app/", second_step.add_app, name="app-add"),
    path("account/second-step/passkey/", second_step.add_passkey, name="passkey-add"),
    path("account/second-step/<second_step:pk>/remove/", second_step.remove, name="second-step-remove"),
    path("account/recovery-codes/", second_step.recovery_codes, name="recovery-codes"),
    path("account/recovery-codes/new/", second_step.make_recovery_codes, name="recovery-codes-make"),
]
# The two addresses that the library for second steps looks up by names of its own.
library_urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-in/second-step/", sign_in.second_step, name="mfa_authenticate"),
]
