"""A released batch and a waiting account, for tests of other things."""

from __future__ import annotations

from datetime import date

from accounts.models import User
from funders.models import Programme
from payments.models import PayeeAccount, PaymentBatch
from payments.rules.credit_transfer import Account
from payments.services import paying
from providers.models import Provider
from tests.cast import AT, Cast

DAY = date(2026, 7, 6)
GOOD = Account("Example Provider CIO", sort_code="20-00-00", number="55779911")
OTHER = Account("Example Provider CIO", iban="GB33 BUKB 2020 1555 5555 55", bic="BUKBGB22")


def approved(provider: Provider, cast: Cast, account: Account = GOOD) -> PayeeAccount:
    """Have finance enter an account and the administrator approve it."""
    entered = paying.enter_account(provider_id=provider.pk, account=account, actor=cast.finance, at=AT)
    return paying.approve_account(account_id=entered.pk, actor=cast.administrator, at=AT)


def prepared(programme: Programme, provider: Provider, actor: User) -> PaymentBatch:
    """Prepare a batch of all that is open for a provider."""
    wanted = paying.Wanted([provider.pk], DAY)
    return paying.prepare_batch(programme_id=programme.pk, wanted=wanted, actor=actor, at=AT)


def paid(programme: Programme, cast: Cast) -> PaymentBatch:
    """Release a batch of all that is open for the provider TWN, and leave another account waiting."""
    provider = Provider.objects.get(code="TWN", operator=programme.operator)
    approved(provider, cast)
    batch = prepared(programme, provider, cast.finance)
    released = paying.release_batch(batch_id=batch.pk, actor=cast.administrator, at=AT)
    paying.enter_account(provider_id=provider.pk, account=OTHER, actor=cast.finance, at=AT)
    return released
