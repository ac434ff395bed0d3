"""What matching takes and gives: open lines and documents, proposals with their rule, causes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Basis(Enum):
    """By what a proposal came about; the text is what people read."""

    EXACT = "The reference and the amount are exactly those of the invoice"
    REFERENCES = "The references are given, and together they are the amount"
    PART = "The reference is given, and the amount is a part of what is open"
    CHARGES = "The reference is given, and the amount is short by what a bank may charge"
    OVERPAID = "The reference is given, and more was paid than is open"
    TYPING_ERROR = "The reference is one slip away from one that is open with this amount"
    PAYER_AND_AMOUNT = "The payer is known, and one of its open documents has this amount"
    ALL_OPEN = "The payer is known, and the amount is all that it has open"
    SUM = "The payer is known, and only these of its open documents add up to the amount"
    TOGETHER = "With other payments of the same payer it pays a document in full"
    AMOUNT = "Only one open document has this amount"
    TWO_FUNDERS = "More than one funder has an open document of this amount"
    OLDEST = "The payer is known, and the amount is less than its oldest open document"
    PAID_BEFORE = "The reference is of a document that is paid already"
    PAYER = "The payer is known, and nothing of it that is open fits the amount"
    BANK_CHARGE = "The bank took it, and calls it a charge"
    TRANSFER = "It names a payment to a provider that was released, and has its amount"
    TRANSFER_AMOUNT = "Only one payment to a provider that was released has this amount"


SCORES = {
    Basis.EXACT: 100,
    Basis.REFERENCES: 95,
    Basis.TRANSFER: 95,
    Basis.PART: 85,
    Basis.CHARGES: 85,
    Basis.OVERPAID: 80,
    Basis.TYPING_ERROR: 80,
    Basis.PAYER_AND_AMOUNT: 75,
    Basis.ALL_OPEN: 75,
    Basis.TRANSFER_AMOUNT: 70,
    Basis.BANK_CHARGE: 70,
    Basis.TOGETHER: 60,
    Basis.SUM: 60,
    Basis.PAID_BEFORE: 50,
    Basis.AMOUNT: 40,
    Basis.OLDEST: 30,
    Basis.TWO_FUNDERS: 20,
    Basis.PAYER: 20,
}


class Cause(Enum):
    """Why an amount is not matched, as far as can be told; the text says what to do."""

    UNKNOWN_REFERENCE = "It names a number that was never issued. Ask the payer which invoice it means."
    PAID_BEFORE = (
        "It names a document that is settled: probably paid twice. Keep it on account or send it back."
    )
    CONFIRM = "There is a proposal. Look at it and confirm it, or choose something else."
    NO_OPEN_DOCUMENT = "The payer has nothing open. Keep it on its account until something is."
    SEVERAL_WAYS = (
        "Several of the payer’s documents add up to it in more than one way. Ask for a remittance advice."
    )
    UNKNOWN_PAYER = "It names no reference and nobody known. Ask the bank who paid."
    MONEY_OUT = "Money went out, and nothing says for what. Book it to an account, or find what it pays."
    OVERPAID = "More was paid than was open. Keep the rest on the payer’s account or send it back."


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """
    A document of which something is open.

    ``party`` is whoever pays or is paid; ``comes_in`` tells whether settling it brings money in.
    """

    key: int
    number: str
    party: int
    open: int
    comes_in: bool = True
    is_credit: bool = False
    due: str = ""  # ISO day, for the order


@dataclass(frozen=True, slots=True)
class Transfer:
    """
    A payment to a provider that was released and that no line of the bank has shown yet.

    ``orders`` are the key and the amount of each part: several where a batch leaves the account at once.
    """

    reference: str
    orders: tuple[tuple[int, int], ...]
    party: int | None = None

    @property
    def amount(self) -> int:
        """What leaves the account, in minor units, positive."""
        return sum(amount for _, amount in self.orders)


@dataclass(frozen=True, slots=True)
class Party:
    """
    Who may pay or be paid: a code and a name, by which it is found in a bank's text.

    ``keeps_account`` tells whether money of it may be kept on an account of its own.
    """

    key: int
    code: str
    name: str
    keeps_account: bool = True


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of which something is open: ``amount`` is that, positive if it came in."""

    key: int
    amount: int
    words: str
    day: str = ""  # ISO


@dataclass(frozen=True, slots=True)
class Part:
    """What of a payment goes to a document; of a credit note it is what is set off."""

    document: int
    amount: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    What a line may be taken for.

    ``parts`` are invoices (or what else is settled), ``credits`` credit notes that are netted off them,
    ``charges`` what the payment is short by, of the first part, ``on_account`` what is left for the party.
    ``transfer`` is what was released before, and is on its way until this line.
    """

    line: int
    basis: Basis
    parts: tuple[Part, ...] = ()
    credits: tuple[Part, ...] = ()
    charges: int = 0
    on_account: int = 0
    party: int | None = None
    reasons: tuple[str, ...] = ()
    is_bank_charge: bool = False
    transfer: Transfer | None = None

    @property
    def score(self) -> int:
        """How sure it is, from 0 to 100."""
        return SCORES[self.basis]

    @property
    def by_itself(self) -> bool:
        """Whether nobody needs to confirm it."""
        return self.basis is Basis.EXACT


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of the lines: proposals by line, the best first, and the cause of each that has none."""

    proposals: dict[int, list[Proposal]]
    causes: dict[int, Cause]
