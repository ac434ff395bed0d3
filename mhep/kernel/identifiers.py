"""
Numbers by which organisations and accounts are known, and whether one can be right. Nothing is looked up.

Where a number has a check digit it is checked; where it has none, or the table for it is licensed, only its
shape is. That a number is well formed does not say that anybody has it.
"""

from __future__ import annotations

import re

from babel import Locale
from stdnum import bic, ean, iban
from stdnum.dk import cvr
from stdnum.eu import vat as eu_vat
from stdnum.fr import siret
from stdnum.gb import vat as gb_vat

# The electronic address schemes of EN 16931 (EAS) under which invoices are addressed.
_SCHEMES = (
    "0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 "
    "0188 0190 0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 "
    "0212 0213 0215 0216 0217 0218 0221 0225 0230 0235 0240 9910 9913 9914 9915 9918 9919 9920 9922 9923 "
    "9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 "
    "9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959 "
)
E_ADDRESS_SCHEMES = frozenset(_SCHEMES.split())
GLN, CVR, SIRET = "0088", "0184", "0009"

_TERRITORY = re.compile(r"[A-Z]{2}")
_VAT = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}")
_PLAIN = re.compile(r"[0-9A-Za-z.:_-]{1,50}")
_SORT_CODE = re.compile(r"[0-9]{2}-?[0-9]{2}-?[0-9]{2}")


def is_country(text: str) -> bool:
    """Tell whether ``text`` is the code of a country in capitals: GB, DK, FR."""
    return bool(_TERRITORY.fullmatch(text)) and text in Locale("en").territories and text != "ZZ"


def is_gln(text: str) -> bool:
    """Tell whether ``text`` is a GLN, in Denmark called EAN: 13 digits, the last of which is a check."""
    return len(text) == 13 and text.isascii() and bool(ean.is_valid(text))


def is_siret(text: str) -> bool:
    """Tell whether ``text`` is a French SIRET: 14 digits with check digits."""
    return text.isascii() and text.isdigit() and bool(siret.is_valid(text))


def is_cvr(text: str) -> bool:
    """Tell whether ``text`` is a Danish CVR number, with or without DK before it."""
    return bool(re.fullmatch(r"(DK)?[0-9]{8}", text)) and bool(cvr.is_valid(text))


def is_vat_number(text: str) -> bool:
    """
    Tell whether ``text`` is a VAT number with its country before it: GB980780684, DK13585628.

    British numbers and those of the European Union are checked by their own rules, others by their shape.
    """
    if not _VAT.fullmatch(text):
        return False
    if text.startswith(("GB", "XI")):
        return bool(gb_vat.is_valid(text.removeprefix("XI")))
    if text[:2].lower() in {*eu_vat.MEMBER_STATES, "el"}:
        return bool(eu_vat.is_valid(text))
    return True


def is_e_address(scheme: str, identifier: str) -> bool:
    """Tell whether an invoice can be addressed to ``identifier`` under the scheme with that code."""
    if scheme not in E_ADDRESS_SCHEMES:
        return False
    checks = {GLN: is_gln, CVR: is_cvr, SIRET: is_siret}
    check = checks.get(scheme)
    return check(identifier) if check else bool(_PLAIN.fullmatch(identifier))


def is_iban(text: str) -> bool:
    """Tell whether ``text`` is an IBAN; spaces within it do not matter."""
    return bool(iban.is_valid(text, check_country=False))


def is_bic(text: str) -> bool:
    """Tell whether ``text`` has the shape of a bank's BIC."""
    return bool(bic.is_valid(text))


def is_sort_code(text: str) -> bool:
    """Tell whether ``text`` has the shape of a British sort code; the tables of those in use are licensed."""
    return bool(_SORT_CODE.fullmatch(text))
