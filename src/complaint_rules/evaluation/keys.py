"""What names an item of a decision, as a value to look things up by, and as a text for hosts.

The text is ``rule/occurrence/role/party``, without the parts that an item does not have. What the
item is about comes as the text of that: the key of an event, the id of a time limit, or the id of
the penalty that a relief takes back. Whether a rule is about an occurrence, and whether it names
roles, is the same for all items of the rule, so that no two of them have the same text.
"""

from __future__ import annotations

from typing import NamedTuple

from complaint_rules.policy.keys import KeyText, escaped, host_key


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
    text = rule
    if occurrence is not None:
        text += f"/{occurrence if isinstance(occurrence, KeyText) else host_key(occurrence)}"
    if more is not None:
        text += f"/{escaped(more)}"
    return KeyText(text if party is None else f"{text}/{escaped(party)}")
