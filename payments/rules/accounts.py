"""Whether the number of a bank account can be right: its shape and its check digits."""

from __future__ import annotations

import re

from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from payments.rules.credit_transfer import Account

_SORT_CODE = re.compile(r"[0-9]{6}")
_NUMBER = re.compile(r"[0-9]{8}")


def read_account(given: Account) -> tuple[Account, dict[str, str]]:
    """
    Return the account as it is stored, without blanks and hyphens, and what is wrong with it by field.

    Of a sort code and its number only the shape can be checked; an IBAN carries check digits.
    """
    account = Account(
        holder=" ".join(given.holder.split()),
        iban=iban.compact(given.iban) if given.iban else "",
        bic=bic.compact(given.bic) if given.bic else "",
        sort_code=re.sub(r"[\s-]", "", given.sort_code),
        number=re.sub(r"\s", "", given.number),
    )
    return account, _problems(account)


def _problems(account: Account) -> dict[str, str]:
    problems = {}
    if not account.holder:
        problems["holder"] = "Enter the name on the account"
    if account.iban and (account.sort_code or account.number):
        problems["iban"] = "Enter an IBAN, or a sort code with an account number, not both"
    elif account.iban:
        problems |= _international(account)
    else:
        problems |= _domestic(account)
    return problems


def _international(account: Account) -> dict[str, str]:
    problems = {}
    if not _is_right(iban, account.iban):
        problems["iban"] = "The IBAN is not right: compare it with the provider’s letter, sign by sign"
    if account.bic and not _is_right(bic, account.bic):
        problems["bic"] = "A BIC has 8 or 11 letters and digits, like BUKBGB22"
    return problems


def _domestic(account: Account) -> dict[str, str]:
    problems = {}
    if account.bic:
        problems["bic"] = "A BIC goes with an IBAN; leave it out"
    if not _SORT_CODE.fullmatch(account.sort_code):
        problems["sort_code"] = "A sort code has 6 digits, like 20-00-00; or enter an IBAN"
    if not _NUMBER.fullmatch(account.number):
        problems["number"] = "An account number has 8 digits; put zeros in front of a shorter one"
    return problems


def _is_right(kind: object, number: str) -> bool:
    try:
        kind.validate(number)  # type: ignore[attr-defined]  # a module of stdnum
    except ValidationError:
        return False
    return True
