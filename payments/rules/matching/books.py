"""The open documents of an operator, found by number, by party, by amount and by the words of names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from payments.rules.matching.facts import OpenDocument, Party, Transfer
from payments.rules.matching.texts import bare, words_in

# Words of funders' names that say nothing about which of them it is.
_COMMON = frozenset(
    (
        *("and", "board", "borough", "care", "city", "clinical", "commissioning", "council", "county"),
        *("department", "for", "fund", "group", "health", "integrated", "limited", "london", "ltd"),
        *("nhs", "of", "office", "royal", "the", "trust"),
    )
)


@dataclass(slots=True)
class Books:
    """The open documents, found by number, by party and by amount, and the parties by their words."""

    documents: Sequence[OpenDocument]
    parties: Sequence[Party]
    settled: Mapping[str, int]
    transfers: Sequence[Transfer] = ()
    by_number: dict[str, OpenDocument] = field(default_factory=dict)
    by_party: dict[int, list[OpenDocument]] = field(default_factory=lambda: defaultdict(list))
    by_amount: dict[tuple[bool, int], list[OpenDocument]] = field(default_factory=lambda: defaultdict(list))
    by_word: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_code: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    words_of: dict[int, frozenset[str]] = field(default_factory=dict)
    with_account: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for document in sorted(self.documents, key=lambda each: (each.due, each.number)):
            self.by_number[document.number] = document
            self.by_party[document.party].append(document)
            self.by_amount[document.comes_in, document.open].append(document)
        self.with_account = {party.key for party in self.parties if party.keeps_account}
        for party in self.parties:
            self.by_code[bare(party.code)].add(party.key)
            words = frozenset(words_in(party.name)) - _COMMON
            self.words_of[party.key] = words
            for word in words:
                self.by_word[word].add(party.key)

    def keeps_account(self, party: int) -> bool:
        """Tell whether money of a party may be kept on its account."""
        return party in self.with_account

    def party_in(self, text: str) -> int | None:
        """Return the one party that a text names by its code, or by all telling words of its name."""
        pieces = text.casefold().split()
        named = {key for piece in pieces for key in self.by_code.get(bare(piece), ())}
        if not named:
            words = set(words_in(text))
            maybe = {key for word in words for key in self.by_word.get(word, ())}
            named = {key for key in maybe if self.words_of[key] <= words}
        return next(iter(named)) if len(named) == 1 else None
