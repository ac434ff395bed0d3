"""Made-up codes of the demo operator's own accounts, so that its ledger can be exported at once."""

from __future__ import annotations

from datetime import datetime

from funders.models import Programme
from payments.enums import Account, CodeFor
from payments.rules.booking.codes import MOVEMENT, Code
from payments.selectors.booking_codes import Thing, things_of
from payments.services.booking_codes import set_codes

# In the manner of a small company's chart of accounts; no real one.
NOMINAL = {
    Account.RECEIVABLES: "1100",
    Account.LATE_CLAIMS: "1110",
    Account.BANK: "1200",
    Account.IN_TRANSIT: "1210",
    Account.UNALLOCATED: "1220",
    Account.VAT_INPUT: "2201",
    Account.PAYABLES: "2100",
    Account.VAT_OUTPUT: "2200",
    Account.INVESTOR_FACILITY: "2300",
    Account.INVESTOR_CAPITAL: "2310",
    Account.INCOME: "4000",
    Account.LATE_INCOME: "4900",
    Account.PROVIDER_COSTS: "5000",
    Account.BANK_CHARGES: "7901",
    Account.INVESTOR_INTEREST: "7903",
}
STANDARD_TAX, NO_TAX, OUTSIDE = "T1", "T0", "T9"


def enter_codes(programme: Programme, at: datetime) -> None:
    """Set a code for everything from the programme's first day on, unless its operator uses any."""
    operator = programme.operator
    if operator.booking_codes.in_force().exists():
        return
    codes = [
        Code(thing.subject, programme.starts_on, _code(thing, place))
        for place, thing in enumerate(things_of(operator))
    ]
    set_codes(operator_id=operator.pk, codes=codes, actor=None, at=at)


def _code(thing: Thing, place: int) -> str:
    if thing.kind == CodeFor.ACCOUNT:
        return NOMINAL[Account(thing.subject.account)]
    if thing.kind == CodeFor.VAT:
        if thing.subject.vat.startswith("standard"):
            return STANDARD_TAX
        return OUTSIDE if thing.subject.vat == MOVEMENT else NO_TAX
    return f"{thing.kind.label[0]}{place:03d}"
