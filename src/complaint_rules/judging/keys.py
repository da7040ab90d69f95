"""What names an item of a decision, as a value to look things up by, and as a text for hosts.

The text is ``rule/occurrence/role/party``, without the parts that an item does not have. What the
item is about comes as the text of that: the key of an event, the id of a time limit, or the id of
the penalty that a relief takes back. Whether a rule is about an occurrence, and whether it names
roles, is the same for all items of the rule, so that no two of them have the same text.
"""

from __future__ import annotations

from typing import NamedTuple

from complaint_rules.ruleset.keys import KeyText, escaped, host_key


class ItemKey(NamedTuple):
    """Which item it is: of which rule, about what, for whom, and in which role (``more``).

    ``occurrence`` is the text of another key, or the id that a host gave to an event.

    >>> limit = ItemKey("reply", "T-1003", "Sales / North")
    >>> ItemKey("late", limit.text, "Li").text
    'late/reply/T-1003/Sales %2F North/Li'
    """

    rule: str
    occurrence: str | None = None
    party: str | None = None
    more: str | None = None

    @property
    def text(self) -> KeyText:
        return item_id(self.rule, self.occurrence, self.party, self.more)


def item_id(
    rule: str, occurrence: str | None, party: str | None, more: str | None = None
) -> KeyText:
    """A stable id: the same rule, occurrence and party have the same one in every decision.

    >>> item_id("late-answer", "E/1", None), item_id("late-answer", "E", "1")
    ('late-answer/E%2F1', 'late-answer/E/1')
    """
    if occurrence is not None and not isinstance(occurrence, KeyText):
        occurrence = host_key(occurrence)
    return KeyText(joined(rule, occurrence, party, None if more is None else escaped(more)))


def joined(rule: str, about: str | None, party: str | None, role: str | None = None) -> str:
    """The id of an item about something that is the text of a key already, in a role by its name.

    In a decision all are so, and marking each id as such a text would cost more than making it.
    """
    text = rule if about is None else f"{rule}/{about}"
    if role is not None:
        text = f"{text}/{role}"
    if party is None:
        return text
    return f"{text}/{escaped(party) if '/' in party or '%' in party else party}"
