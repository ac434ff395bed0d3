"""
The digest: one letter for a person and a day, at most, with what waits for them when it is written.

The row comes first and says who writes; nothing waits between working it out and sending it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.urls import reverse

from accounts.enums import DigestState, Rhythm
from accounts.models import Digest, DigestWish, User
from accounts.rules.digests import Whereabouts, day_due
from accounts.rules.reminders import Reminder, grouped, how_many
from accounts.services.mail import send
from accounts.services.reminding import note_sent, places_of, reminders_of
from mhep.kernel.working_days import UNITED_KINGDOM
from mhep.shared.jobs import TryLater, enqueue
from mhep.shared.mailing.letters import LetterRefused, PostAway
from mhep.shared.models import Job

logger = logging.getLogger(__name__)
SEND_DIGESTS = "accounts.send_digests"
CUT_OFF = (OperationalError, InterfaceError, SoftTimeLimitExceeded)
USUAL = Whereabouts("Europe/London", UNITED_KINGDOM)  # of somebody of whom nobody knows where they are
KEPT_FOR = timedelta(days=92)  # after which nobody asks any more whether a letter left
MOST_AWAY = 3  # letters in a row after which the post is taken to be away for everybody
WORDS = {
    DigestState.SENT: "sent",
    DigestState.NOTHING: "with nothing that waits",
    DigestState.REFUSED: "refused",
    DigestState.FAILED: "failed",
    DigestState.AWAY: "to be tried again",
}


def wish_of(user: User) -> DigestWish:
    """Return when the person wants the digest; not stored yet if they never said so."""
    return DigestWish.objects.filter(user=user).first() or DigestWish(user=user)


def zone_of(user: User) -> str:
    """Return the time zone of the person's programmes."""
    return places_of([user.pk]).get(user.pk, USUAL).zone


def change_wish(user: User, *, rhythm: str, weekday: int, hour: int, timezone: str) -> None:
    """Keep when the person wants the digest. A day that was looked at already is not looked at again."""
    given = {"rhythm": rhythm, "weekday": weekday, "hour": hour, "timezone": timezone}
    DigestWish.objects.update_or_create(user=user, defaults=given)


def stop(user: User) -> None:
    """Send the person no digest from now on; the rest of their wish is kept."""
    DigestWish.objects.update_or_create(user=user, defaults={"rhythm": Rhythm.OFF})


@transaction.atomic
def ask_for_digests(*, at: datetime) -> Job | None:
    """Ask for the digests whose hour has come, if there are any; those that were looked at are not again."""
    if next(people_due(at), None) is None:
        return None
    return enqueue(SEND_DIGESTS, subject="digests", arguments={}, requested_by_id=None, at=at)


def people_due(at: datetime) -> Iterator[tuple[int, date]]:
    """
    Yield the keys of those whose digest may be sent now, each with their own day.

    Somebody whose account is closed is not among them. The number of queries does not grow with theirs.
    """
    people = list(
        User.objects.filter(is_active=True, is_machine=False).order_by("pk").values_list("pk", flat=True)
    )
    wishes = {wish.user_id: wish for wish in DigestWish.objects.filter(user__in=people)}
    around = [at.date() + timedelta(days) for days in (-1, 0, 1)]
    over = set(
        Digest.objects.filter(day__in=around).exclude(state=DigestState.AWAY).values_list("user_id", "day")
    )
    places = places_of(people)
    for key in people:
        wish = wishes.get(key) or DigestWish(user_id=key)
        day = day_due(wish.wish(places.get(key, USUAL)), at)
        if day is not None and (key, day) not in over:
            yield key, day


def forget_digests(*, at: datetime) -> int:
    """Delete what says how the digests of more than three months ago ended; return how many."""
    return Digest.objects.filter(day__lt=(at - KEPT_FOR).date()).delete()[0]


def send_digests(*, now: Callable[[], datetime]) -> str:
    """
    Send every digest that may be sent, each with what waits when its turn has come; return how it went.

    One person's trouble keeps no other from theirs.

    :raises TryLater: if some could not leave because the post is away; they are tried again.
    """
    ended: Counter[DigestState] = Counter()
    away = 0
    for user_id, day in people_due(now()):
        state = send_digest(user_id, day, at=now())
        if state is not None:
            ended[state] += 1
            away = away + 1 if state == DigestState.AWAY else 0
        if away == MOST_AWAY:
            break
    told = ", ".join(f"{ended[state]} {words}" for state, words in WORDS.items() if ended[state])
    said = f"Digests: {told or 'none were due'}."
    if ended[DigestState.AWAY]:
        raise TryLater(said)
    return said


def send_digest(user_id: int, day: date, *, at: datetime) -> DigestState | None:
    """
    Send one person's digest of one day, unless it was begun already; return how it ended.

    Returns None if somebody else is at it, or was. Cut off while it sends, it is not sent again: whether
    the letter left can then not be known.
    """
    digest = _claim(user_id, day, at)
    if digest is None:
        return None
    digest.state = _send(digest, at)
    digest.ended_at = None if digest.state == DigestState.AWAY else at
    digest.save(update_fields=["state", "ended_at", "things"])
    return digest.state


def _claim(user_id: int, day: date, at: datetime) -> Digest | None:
    """Say, for good, that we write this digest; None if it has ended, or somebody else said so before."""
    with transaction.atomic(durable=True):
        digest, is_new = Digest.objects.get_or_create(user_id=user_id, day=day, defaults={"begun_at": at})
        if is_new:
            return digest
        waiting = Digest.objects.filter(pk=digest.pk, state=DigestState.AWAY)
        if waiting.update(state=DigestState.SENDING, attempts=F("attempts") + 1, begun_at=at):
            return Digest.objects.get(pk=digest.pk)
    return None


def _send(digest: Digest, at: datetime) -> DigestState:
    """
    Work out what waits and send it at once; ``digest.things`` says how much that was.

    :raises OperationalError, InterfaceError, SoftTimeLimitExceeded: when cut off.
    """
    try:
        user = User.objects.filter(pk=digest.user_id, is_active=True).first()
        reminders = reminders_of(user, at) if user else []
        digest.things = how_many(reminders)
        if user is None or not reminders:
            return DigestState.NOTHING
        _write(user, reminders)
        _note(user, reminders, at)
    except CUT_OFF:
        raise
    except PostAway as away:
        logger.warning("The digest of %s for account %s is put off: %s", digest.day, digest.user_id, away)
        return DigestState.AWAY
    except LetterRefused as refusal:
        logger.error("The digest of %s for account %s: %s", digest.day, digest.user_id, refusal)
        return DigestState.REFUSED
    except Exception:
        logger.exception("The digest of %s for account %s failed", digest.day, digest.user_id)
        return DigestState.FAILED
    return DigestState.SENT


def _write(user: User, reminders: Sequence[Reminder]) -> None:
    """Send the letter; its words are those of the kinds of reminders, and nobody's."""
    stop_at = address("accounts:reminders-stop")
    send(
        user.email,
        subject_of(how_many(reminders)),
        "accounts/mail/digest.txt",
        html="accounts/mail/digest.html",
        stop_at=stop_at,
        groups=grouped(reminders),
        site=settings.SITE_ADDRESS.rstrip("/"),
        todo=address("accounts:todo"),
        change_at=address("accounts:reminders"),
        stop=stop_at,
    )


def _note(user: User, reminders: Sequence[Reminder], at: datetime) -> None:
    """Let the apps log what the letter said. It has left, so a fault of theirs is only written down."""
    try:
        note_sent(user, reminders, at)
    except CUT_OFF:
        raise
    except Exception:
        logger.exception("What the digest for account %s said was not logged", user.pk)


def subject_of(things: int) -> str:
    """Return what the letter is called: a count, and nothing else."""
    return f"MHEP: {things:,} thing{' waits' if things == 1 else 's wait'} for you"


def address(view: str) -> str:
    """Return the whole address of a page, for a letter."""
    return settings.SITE_ADDRESS.rstrip("/") + reverse(view)
