"""Beginning, keeping up and ending sign-ins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase

from accounts.enums import SignInWay
from accounts.models import SignIn, User

KEY = "sign_in"  # in the session: which row it belongs to
ENDED = "sign_in_ended"  # in the session of somebody whose sign-in has just ended
WAY = "sign_in_way"  # in the session: how the person came in, if not by a password
SEEN_EVERY = timedelta(minutes=1)  # how exactly the last activity is written down


def sign_in_of(
    session: SessionBase, user: User, *, browser: str, is_activity: bool, at: datetime
) -> SignIn | None:
    """
    Return the sign-in to which a request belongs, or None if it has ended.

    The first request of a fresh session begins one.

    :param browser: what the browser calls itself.
    :param is_activity: whether a person did something, or a page only asked for news by itself.
    """
    key = session.get(KEY)
    if key is None:
        return begin(session, user, browser=browser, at=at)
    sign_in = SignIn.objects.filter(pk=key, user=user).first()
    if sign_in is None:
        return None
    if sign_in.ends_at <= at:
        sign_in.delete()
        return None
    if is_activity and sign_in.seen_at + SEEN_EVERY <= at:
        keep_up(sign_in, at=at)
    return sign_in


def begin(session: SessionBase, user: User, *, browser: str, at: datetime) -> SignIn:
    """Begin a sign-in for a session that has just got its person."""
    way = session.pop(WAY, SignInWay.PASSWORD)
    sign_in = SignIn.objects.create(
        user=user, way=way, browser=browser[:200], began_at=at, seen_at=at, confirmed_at=at
    )
    session[KEY] = sign_in.pk
    return sign_in


def keep_up(sign_in: SignIn, *, at: datetime) -> None:
    """Write down that the person did something; it never makes the longest time longer."""
    sign_in.seen_at = at
    SignIn.objects.filter(pk=sign_in.pk).update(seen_at=at)


def take_seat(sign_in: SignIn, seat: tuple[str, int] | None) -> None:
    """Have the person work for one organisation from the next request on, or for all of theirs."""
    kind, place = seat or ("", None)
    sign_in.seat_kind, sign_in.seat_place = kind, place
    SignIn.objects.filter(pk=sign_in.pk).update(seat_kind=kind, seat_place=place)


def confirm(sign_in: SignIn, *, at: datetime) -> None:
    """Write down that the person has just proved who they are."""
    sign_in.confirmed_at = at
    SignIn.objects.filter(pk=sign_in.pk).update(confirmed_at=at)


def end(sign_in: SignIn) -> None:
    """End one sign-in; the next request of its browser is refused."""
    SignIn.objects.filter(pk=sign_in.pk).delete()


def end_all(user: User, *, except_for: SignIn | None = None) -> int:
    """End the person's sign-ins in every browser, or in every other one; return how many."""
    theirs = SignIn.objects.filter(user=user)
    if except_for is not None:
        theirs = theirs.exclude(pk=except_for.pk)
    return theirs.delete()[0]
