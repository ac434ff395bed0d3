"""
Monthly packs: made once for each funder and closed month, and told of once to each of its people.

A pack holds bytes that were made from the same page that the funder sees. The letter says that it is there
and where; to read it one signs in.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services.mail import send
from funders.models import Funder, FunderMember
from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.locks import session_lock
from mhep.shared.mailing.letters import LetterRefused, PostAway
from mhep.shared.sheets import Sheet, as_xlsx
from mhep.shared.templatetags.mhep import money
from mhep.shared.typesetting import typeset
from performance.enums import PackLetterState
from performance.models import FrozenMonth, Pack, PackLetter
from performance.selectors.dashboard import dashboard
from performance.selectors.dashboard_sheets import sheets_of
from performance.selectors.disclosure import ruling_of
from performance.selectors.packs import Due, Words, pack_words, packs_due, published_words
from performance.selectors.published_page import published_page, published_sheets
from performance.selectors.scope import scope_of_funder
from performance.services.publishing import publish_closed_months
from performance.templatetags.figures import figure

logger = logging.getLogger(__name__)
TELL_WITHIN = timedelta(days=28)  # after which a letter that could not leave is of no use any more


class SpoiltPack(BusinessRuleError):
    """A stored file is not what was stored."""


def deliver_packs(*, at: datetime) -> None:
    """Make the packs that are missing and tell of them; whoever is at it already is left to it."""
    with session_lock("performance.packs") as is_ours:
        if is_ours:
            make_packs(at=at)
            tell_of_packs(at=at)


def make_packs(*, at: datetime) -> int:
    """
    Make every pack that is missing and return how many were made; each stands or falls alone.

    One pack's trouble keeps no other from being made; the log says what it was.
    """
    made = 0
    for due in packs_due():
        try:
            made += _make(due, at)
        except Exception:
            logger.exception(
                "The pack of funder %s for month %s could not be made", due.funder_id, due.month_id
            )
    return made


def tell_of_packs(*, at: datetime) -> int:
    """Tell the people of each funder of its newest packs, each of them once; return how many letters left."""
    newest = Pack.objects.filter(made_at__gte=at - TELL_WITHIN).defer("pdf", "workbook")
    return sum(_tell(pack, user, at) for pack in newest for user in _people_of(pack))


def file_of(pack: Pack, form: str) -> bytes:
    """
    Return the bytes of a pack's file, ``pdf`` or ``xlsx``.

    :raises SpoiltPack: if they no longer have the hash that was stored with them.
    """
    content, digest = (
        (bytes(pack.pdf), pack.pdf_sha256) if form == "pdf" else (bytes(pack.workbook), pack.workbook_sha256)
    )
    if sha256(content).hexdigest() != digest:
        logger.error("The stored %s of pack %s does not match its hash", form, pack.pk)
        raise SpoiltPack(
            "The stored file of this pack was damaged after it was made, so it is not shown. "
            "Ask your administrator to restore it from a backup."
        )
    return content


@transaction.atomic
def _make(due: Due, at: datetime) -> int:
    """Make one pack. Whoever makes the same one at once waits here, and finds it made."""
    funder = Funder.objects.select_for_update(of=("self",), no_key=True).get(pk=due.funder_id)
    if Pack.objects.filter(funder=funder, month=due.month_id).exists():
        return 0
    words, sheets = _content(funder, FrozenMonth.objects.get(pk=due.month_id).month, at)
    pdf = typeset("pack", words)
    workbook = as_xlsx(*sheets)
    Pack.objects.create(
        funder=funder,
        month_id=due.month_id,
        pdf=pdf,
        pdf_sha256=sha256(pdf).hexdigest(),
        workbook=workbook,
        workbook_sha256=sha256(workbook).hexdigest(),
        made_at=at,
    )
    return 1


def _content(funder: Funder, month: Month, at: datetime) -> tuple[Words, Sequence[Sheet]]:
    """Return what the funder's own page says, exactly or as the contract rules."""
    programme = funder.programme
    today = programme.local_date(at)
    ruling = ruling_of(programme)
    if ruling is not None and ruling.for_funders:
        publish_closed_months(programme_id=programme.pk, at=at)
        published = published_page(programme)
        return published_words(published, funder, month, today), published_sheets(published)
    in_words = partial(money, currency=programme.currency)
    page = dashboard(scope_of_funder(funder), today, in_words)
    written = partial(figure, currency=programme.currency)
    return pack_words(page, written=written, money=in_words), sheets_of(page)


def _people_of(pack: Pack) -> list[User]:
    members = FunderMember.objects.filter(funder=pack.funder_id, user__is_active=True)
    return [member.user for member in members.select_related("user").order_by("pk")]


def _tell(pack: Pack, user: User, at: datetime) -> int:
    letter = _claim(pack, user, at)
    if letter is None:
        return 0
    letter.state = _sent(pack, user)
    letter.save(update_fields=["state"])
    return int(letter.state == PackLetterState.SENT)


def _claim(pack: Pack, user: User, at: datetime) -> PackLetter | None:
    """Say, for good, that we write this letter; None if it left, or somebody else said so before."""
    with transaction.atomic():
        letter, is_new = PackLetter.objects.get_or_create(pack=pack, user=user, defaults={"begun_at": at})
        if is_new:
            return letter
        waiting = PackLetter.objects.filter(pk=letter.pk, state=PackLetterState.AWAY)
        return letter if waiting.update(state=PackLetterState.SENDING, begun_at=at) else None


def _sent(pack: Pack, user: User) -> PackLetterState:
    site = settings.SITE_ADDRESS.rstrip("/")
    programme = pack.funder.programme
    month = f"{pack.month.first_day:%B %Y}"
    try:
        send(
            user.email,
            f"MHEP: the pack for {month} is ready",
            "performance/mail/pack.txt",
            programme=programme.code,
            month=month,
            packs=site + reverse("performance:pack-list", args=[programme.code]),
        )
    except PostAway as away:
        logger.warning("The letter about pack %s is put off: %s", pack.pk, away)
        return PackLetterState.AWAY
    except LetterRefused as refusal:
        logger.error("The letter about pack %s: %s", pack.pk, refusal)
        return PackLetterState.REFUSED
    return PackLetterState.SENT
