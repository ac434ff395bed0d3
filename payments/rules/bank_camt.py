"""CAMT.053, the bank-to-customer statement of ISO 20022, versions 02 to 13: booked entries only."""

from __future__ import annotations

import re
from datetime import date

from lxml import etree

from payments.rules.bank_statement import MAX_LINES, Line, Statement, exact_minor, refuse

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.(\d{3})\.001\.(\d{2})")
VERSIONS = range(2, 14)
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_SIGNS = {"CRDT": 1, "DBIT": -1}


def read_camt(content: bytes) -> list[Statement]:
    """
    Return the statements of a file; entries that are pending or for information only are left out.

    :raises UnreadableBankFile: if it is no CAMT.053, or declares anything that a statement never needs.
    """
    root = _root(content)
    match = _NAMESPACE.fullmatch(etree.QName(root).namespace or "")
    if match is None:
        raise refuse(
            "unknown_format", "The file is XML, but no CAMT.053 statement. Ask the bank for CAMT.053."
        )
    if match[1] != "053":
        raise refuse(
            "not_a_statement",
            f"The file is CAMT.{match[1]}, which is no statement. Ask the bank for CAMT.053.",
        )
    if int(match[2]) not in VERSIONS:
        raise refuse("unknown_version", f"CAMT.053 version {match[2]} is not read; 02 to 13 are.")
    statements = [_statement(each) for each in root.iterfind("{*}BkToCstmrStmt/{*}Stmt")]
    if not statements:
        raise refuse("no_lines", "The file holds no statement.")
    return statements


def _root(content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise refuse(
            "unreadable_file", "The file is no well-formed XML. Ask the bank for it again."
        ) from error
    if etree.ElementTree(root).docinfo.internalDTD is not None:
        raise refuse("unsafe_xml", "The file declares a document type, which no bank's statement does.")
    return root


def _statement(element: etree._Element) -> Statement:
    entries = element.findall("{*}Ntry")
    if len(entries) > MAX_LINES:
        raise refuse(
            "too_many_lines", f"The statement has more than {MAX_LINES:,} lines. Ask for shorter ones."
        )
    currency = _text(element, "Acct/Ccy")
    lines = []
    for number, entry in enumerate(entries, 1):
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts")) != "BOOK":
            continue
        amount, unit = _amount(entry, f"entry {number}")
        currency = currency or unit
        if unit != currency:
            raise refuse("wrong_currency", f"Entry {number} is in {unit}, not {currency}.", f"entry {number}")
        lines.append(_line(entry, amount, f"entry {number}"))
    return Statement(
        account=_text(element, "Acct/Id/IBAN") or _text(element, "Acct/Id/Othr/Id"),
        currency=currency,
        lines=tuple(lines),
        number=_text(element, "ElctrncSeqNb") or _text(element, "LglSeqNb") or _text(element, "Id"),
        opening=_balance(element, OPENING),
        closing=_balance(element, CLOSING),
    )


def _line(entry: etree._Element, amount: int, place: str) -> Line:
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    texts = [found for each in details for found in _all(each, "RmtInf/Ustrd")]
    references = [
        *(found for each in details for found in _all(each, "RmtInf/Strd/CdtrRefInf/Ref")),
        *(found for each in details for found in _all(each, "Refs/EndToEndId") if found != "NOTPROVIDED"),
    ]
    party = "Dbtr" if amount > 0 else "Cdtr"
    payers = [
        name
        for each in details
        if (name := _text(each, f"RltdPties/{party}/Pty/Nm") or _text(each, f"RltdPties/{party}/Nm"))
    ]
    text = " ".join(dict.fromkeys([*texts, _text(entry, "AddtlNtryInf")])).strip()
    return Line(
        booked_on=_day(entry, place),
        amount=amount,
        text=text,
        payer=" ".join(dict.fromkeys(payers)),
        reference=" ".join(dict.fromkeys(references)),
        bank_key=_text(entry, "AcctSvcrRef"),
    )


def _amount(element: etree._Element, place: str) -> tuple[int, str]:
    """Return a signed amount and its currency."""
    found = element.find("{*}Amt")
    sign = _SIGNS.get(_text(element, "CdtDbtInd"))
    if found is None or sign is None:
        raise refuse("ambiguous_amount", f"{place.capitalize()} does not say how much, or which way.", place)
    minor = exact_minor(found.text or "", place)
    if minor < 0:
        raise refuse("bad_amount", f"{place.capitalize()} has a sign in its amount.", place)
    return sign * minor, str(found.get("Ccy") or "")


def _balance(element: etree._Element, kinds: tuple[str, ...]) -> int | None:
    for kind in kinds:
        for each in element.iterfind("{*}Bal"):
            if _text(each, "Tp/CdOrPrtry/Cd") == kind:
                return _amount(each, "balance")[0]
    return None


def _day(entry: etree._Element, place: str) -> date:
    text = _text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm") or _text(entry, "ValDt/Dt")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise refuse("bad_date", f"{place.capitalize()} has no booking date.", place) from None


def _text(element: etree._Element, path: str) -> str:
    return next(iter(_all(element, path)), "")


def _all(element: etree._Element, path: str) -> list[str]:
    found = element.iterfind("/".join(f"{{*}}{part}" for part in path.split("/")))
    return [text for each in found if (text := (each.text or "").strip())]
