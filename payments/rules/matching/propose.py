"""
Which open documents a line of a bank statement pays (spec: invoicing, "Money received").

Exact reference and exact amount is taken by itself; everything else is a proposal with its reasons, for a
person to confirm. What fits nothing gets a suggested cause. Amounts are minor units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mhep.kernel.money import to_major
from payments.rules.matching.books import Books
from payments.rules.matching.facts import (
    SCORES,
    Basis,
    Cause,
    Matched,
    OpenDocument,
    OpenLine,
    Part,
    Party,
    Proposal,
    Transfer,
)
from payments.rules.matching.sums import lines_that_sum_to, sums_to
from payments.rules.matching.texts import CHARGES, bare, nearly_numbers, numbers_in, one_slip

MOST_CHARGES = 50_00  # a payment that is short by no more may be short by bank charges
MOST_LINES_TOGETHER = 12  # of one payer, when several may pay one document


def match(
    lines: Sequence[OpenLine],
    documents: Sequence[OpenDocument],
    parties: Sequence[Party],
    settled: Mapping[str, int],
    transfers: Sequence[Transfer] = (),
) -> Matched:
    """
    Return what each line may be taken for; lines and documents are all of one operator and one currency.

    Two lines are never both taken by themselves for the same document.

    :param settled: the party of each issued document that has nothing open, by its number.
    :param transfers: the payments to providers that are on their way.
    """
    books = Books(documents, parties, settled, transfers)
    taken: set[int] = set()
    proposals: dict[int, list[Proposal]] = {}
    causes: dict[int, Cause] = {}
    exact = {line.key: sure for line in lines if (sure := _exact(line, books, taken)) is not None}
    if taken:
        left = [document for document in documents if document.key not in taken]
        paid = {document.number: document.party for document in documents if document.key in taken}
        books = Books(left, parties, {**settled, **paid}, transfers)
    for line in lines:
        if line.key in exact:
            proposals[line.key] = [exact[line.key]]
            continue
        found, cause = _propose(line, books)
        if found:
            proposals[line.key] = sorted(found, key=lambda each: -each.score)
        causes[line.key] = Cause.CONFIRM if found and cause is None else cause or Cause.UNKNOWN_PAYER
    for together in _together([line for line in lines if line.key not in exact], books, proposals):
        proposals.setdefault(together.line, []).insert(0, together)
        causes[together.line] = Cause.CONFIRM
    return Matched(proposals, causes)


def _exact(line: OpenLine, books: Books, taken: set[int]) -> Proposal | None:
    numbers = numbers_in(line.words)
    document = books.by_number.get(numbers[0]) if len(numbers) == 1 else None
    if (
        document is None
        or document.key in taken
        or document.open != abs(line.amount)
        or document.comes_in != (line.amount > 0)
    ):
        return None
    taken.add(document.key)
    return Proposal(
        line.key,
        Basis.EXACT,
        (Part(document.key, document.open),),
        party=document.party,
        reasons=(f"It names {document.number}, of which exactly this is open.",),
    )


def _propose(line: OpenLine, books: Books) -> tuple[list[Proposal], Cause | None]:
    numbers = numbers_in(line.words)
    named = [document for number in numbers if (document := books.by_number.get(number)) is not None]
    if named:
        by_reference = _by_references(line, named, books)
        return ([by_reference], None) if by_reference else ([], Cause.SEVERAL_WAYS)
    sent = _by_transfer(line, books)
    if sent is not None:
        return [sent], None
    settled = next((number for number in numbers if number in books.settled), None)
    if settled is not None:
        return _paid_before(line, settled, books)
    slip = _by_slip(line, books)
    if slip is not None:
        return [slip], None
    if line.amount < 0:
        return _money_out(line, books)
    found, cause = _by_payer(line, books)
    return found, Cause.UNKNOWN_REFERENCE if numbers and not found else cause


def _by_references(line: OpenLine, named: list[OpenDocument], books: Books) -> Proposal | None:
    """Return what a line is for that names open documents; credit notes among them are netted off."""
    came_in, size = line.amount > 0, abs(line.amount)
    paid = [document for document in named if document.comes_in == came_in]
    back = tuple(Part(each.key, each.open) for each in named if each.comes_in != came_in)
    due = sum(document.open for document in paid) - sum(part.amount for part in back)
    one_party = len({document.party for document in named}) == 1
    if not paid or due <= 0 or not (one_party or due == size):
        return None
    party = paid[0].party
    whole = tuple(Part(document.key, document.open) for document in paid)
    numbers = " and ".join(document.number for document in named)
    base = f"It names {numbers}, of which {to_major(due)} is open."
    if due == size:
        return Proposal(line.key, Basis.REFERENCES, whole, back, party=party, reasons=(base,))
    if due > size:
        return _paid_short(line, paid, back, base)
    if not books.keeps_account(party) or not came_in:
        return None
    reasons = (base, f"{to_major(size - due)} more was paid; it stays on the payer’s account.")
    return Proposal(line.key, Basis.OVERPAID, whole, back, 0, size - due, party, reasons)


def _paid_short(line: OpenLine, paid: list[OpenDocument], back: tuple[Part, ...], base: str) -> Proposal:
    """Return what a line is for that names documents of which more is open: a part, or all but charges."""
    size, party = abs(line.amount), paid[0].party
    room = size + sum(part.amount for part in back)
    short = sum(document.open for document in paid) - room
    if line.amount > 0 and not back and short <= MOST_CHARGES and short < paid[0].open:
        whole = tuple(Part(document.key, document.open) for document in paid)
        reasons = (base, f"{to_major(short)} is missing, which is what a bank may take.")
        return Proposal(line.key, Basis.CHARGES, whole, charges=short, party=party, reasons=reasons)
    reasons = (base, f"{to_major(short)} stays open.")
    return Proposal(line.key, Basis.PART, _fill(paid, room), back, party=party, reasons=reasons)


def _fill(documents: Iterable[OpenDocument], room: int) -> tuple[Part, ...]:
    """Return the parts of documents that an amount settles, the first first."""
    parts = []
    for document in documents:
        amount = min(document.open, room)
        if amount > 0:
            parts.append(Part(document.key, amount))
        room -= amount
    return tuple(parts)


def _paid_before(line: OpenLine, number: str, books: Books) -> tuple[list[Proposal], Cause | None]:
    party = books.settled[number]
    if line.amount < 0:
        return [], Cause.MONEY_OUT
    if not books.keeps_account(party):
        return [], Cause.PAID_BEFORE
    reasons = (f"It names {number}, of which nothing is open.",)
    kept = Proposal(line.key, Basis.PAID_BEFORE, on_account=line.amount, party=party, reasons=reasons)
    return [kept], Cause.PAID_BEFORE


def _by_transfer(line: OpenLine, books: Books) -> Proposal | None:
    """Return the one released payment that a line is: by its reference, else by its payee or amount alone."""
    same = [each for each in books.transfers if each.amount == -line.amount]
    if not same:
        return None
    words = bare(line.words)
    named = [each for each in same if bare(each.reference) in words]
    party = books.party_in(line.words)
    chosen = named or [each for each in same if party is not None and each.party == party]
    if not chosen and not books.by_amount.get((False, -line.amount)):
        chosen = same
    if len(chosen) != 1:
        return None
    (transfer,) = chosen
    basis = Basis.TRANSFER if named else Basis.TRANSFER_AMOUNT
    reasons = (f"{transfer.reference} over exactly this was released and is on its way.",)
    return Proposal(line.key, basis, party=transfer.party, reasons=reasons, transfer=transfer)


def _by_slip(line: OpenLine, books: Books) -> Proposal | None:
    """Return the one open document with this amount whose number is a slip away from one in the text."""
    size = abs(line.amount)
    candidates = [
        document
        for document in books.by_amount.get((line.amount > 0, size), ())
        if any(one_slip(written, bare(document.number)) for written in nearly_numbers(line.words))
    ]
    if len(candidates) != 1:
        return None
    document = candidates[0]
    reasons = (
        f"It names nothing that is open, but is one slip away from {document.number}.",
        f"Exactly {to_major(size)} is open of {document.number}.",
    )
    part = Part(document.key, size)
    return Proposal(line.key, Basis.TYPING_ERROR, (part,), party=document.party, reasons=reasons)


def _money_out(line: OpenLine, books: Books) -> tuple[list[Proposal], Cause | None]:
    if CHARGES.search(line.words):
        reasons = ("The bank’s text calls it a charge.",)
        return [Proposal(line.key, Basis.BANK_CHARGE, reasons=reasons, is_bank_charge=True)], None
    party = books.party_in(line.words)
    same = [
        document
        for document in books.by_amount.get((False, -line.amount), ())
        if party is None or document.party == party
    ]
    if len(same) == 1:
        basis = Basis.AMOUNT if party is None else Basis.PAYER_AND_AMOUNT
        return [_of_amount(line, same[0], basis)], None
    return [], Cause.MONEY_OUT


def _of_amount(line: OpenLine, document: OpenDocument, basis: Basis) -> Proposal:
    reasons = (f"Exactly {to_major(document.open)} is open of {document.number}.",)
    part = Part(document.key, document.open)
    return Proposal(line.key, basis, (part,), party=document.party, reasons=reasons)


def _by_payer(line: OpenLine, books: Books) -> tuple[list[Proposal], Cause | None]:
    party = books.party_in(line.words)
    same = books.by_amount.get((True, line.amount), [])
    if party is None:
        if len({document.party for document in same}) > 1:
            return [_of_amount(line, document, Basis.TWO_FUNDERS) for document in same], None
        if len(same) == 1:
            return [_of_amount(line, same[0], Basis.AMOUNT)], None
        return [], Cause.UNKNOWN_PAYER
    of_payer = [document for document in same if document.party == party]
    if len(of_payer) == 1:
        return [_of_amount(line, of_payer[0], Basis.PAYER_AND_AMOUNT)], None
    if len(of_payer) > 1:
        return [_of_amount(line, document, Basis.AMOUNT) for document in of_payer], Cause.SEVERAL_WAYS
    return _of_party(line, party, books)


def _of_party(line: OpenLine, party: int, books: Books) -> tuple[list[Proposal], Cause | None]:
    """Return what a payment of a known party is for that names no document and has the amount of none."""
    documents = books.by_party.get(party, [])
    due = [document for document in documents if document.comes_in]
    reasons = (f"The text names the payer, who has {len(due)} open.",)
    kept = []
    if books.keeps_account(party):
        kept = [Proposal(line.key, Basis.PAYER, on_account=line.amount, party=party, reasons=reasons)]
    if not due:
        return kept, Cause.NO_OPEN_DOCUMENT
    everything = _all_open(line, party, documents, reasons)
    if everything is not None:
        return [everything], None
    ways = sums_to(due, line.amount)
    if len(ways) == 1:
        parts = tuple(Part(document.key, document.open) for document in ways[0])
        return [Proposal(line.key, Basis.SUM, parts, party=party, reasons=reasons)], None
    if len(ways) > 1:
        return kept, Cause.SEVERAL_WAYS
    if line.amount < due[0].open:
        part = (Part(due[0].key, line.amount),)
        return [Proposal(line.key, Basis.OLDEST, part, party=party, reasons=reasons), *kept], None
    return kept, None


def _all_open(
    line: OpenLine, party: int, documents: list[OpenDocument], reasons: tuple[str, ...]
) -> Proposal | None:
    """Return the proposal that a payment is for all that a party has open, less its credit notes or not."""
    due = [document for document in documents if document.comes_in]
    back = [document for document in documents if not document.comes_in]
    total, netted = (sum(document.open for document in each) for each in (due, back))
    if line.amount not in {total, total - netted}:
        return None
    whole = tuple(Part(document.key, document.open) for document in due)
    credits_ = () if line.amount == total else tuple(Part(document.key, document.open) for document in back)
    return Proposal(line.key, Basis.ALL_OPEN, whole, credits_, party=party, reasons=reasons)


def _together(
    lines: Sequence[OpenLine], books: Books, proposals: Mapping[int, list[Proposal]]
) -> Iterator[Proposal]:
    """Yield proposals for lines of one payer that only together pay one of its documents in full."""
    by_party: dict[int, list[OpenLine]] = defaultdict(list)
    for line in lines:
        best = proposals.get(line.key, [])
        weak = not best or best[0].score <= SCORES[Basis.OLDEST]
        party = books.party_in(line.words) if line.amount > 0 and weak else None
        if party is not None:
            by_party[party].append(line)
    for party, paying in by_party.items():
        if not 2 <= len(paying) <= MOST_LINES_TOGETHER:
            continue
        used: set[int] = set()
        for document in books.by_party.get(party, []):
            free = [line for line in paying if line.key not in used]
            ways = lines_that_sum_to(free, document.open) if document.comes_in else []
            if len(ways) == 1:
                used |= {line.key for line in ways[0]}
                yield from _paying_together(ways[0], document)


def _paying_together(lines: Sequence[OpenLine], document: OpenDocument) -> Iterator[Proposal]:
    amounts = " + ".join(to_major(line.amount) for line in lines)
    for line in lines:
        yield Proposal(
            line.key,
            Basis.TOGETHER,
            (Part(document.key, line.amount),),
            party=document.party,
            reasons=(f"{amounts} is what is open of {document.number}.",),
        )
