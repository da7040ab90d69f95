"""The texts by which events are named, escaped so that no two of them are the same.

What a host or a case calls something may hold any character. Where it becomes part of a longer
text, the characters that this text is made with are written as percent codes, which
``urllib.parse.unquote`` reads back.
"""

from __future__ import annotations


class KeyText(str):
    """The text of a key: what it is made of has been escaped already."""

    __slots__ = ()


def escaped(part: str) -> str:
    """A part of an item's id, such as a party, without the ``/`` that parts are joined by.

    >>> escaped("Sales / North"), escaped("100%"), escaped("a@b.example")
    ('Sales %2F North', '100%25', 'a@b.example')
    """
    if "%" in part:
        part = part.replace("%", "%25")
    return part.replace("/", "%2F") if "/" in part else part


def host_key(id_: str) -> KeyText:
    """The text of an event's id: without the ``@`` that events without one are named with.

    >>> host_key("T-1003"), host_key("registered@2018"), host_key("2018/7")
    ('T-1003', 'registered%402018', '2018%2F7')
    """
    return KeyText(escaped(id_).replace("@", "%40"))


def event_key(type_: str, at: str, number: int = 1) -> KeyText:
    """The text of an event without an id: its type and instant, and which it is of several.

    >>> event_key("registered", "2018-07-02T01:00:00Z", 2)
    'registered@2018-07-02T01:00:00Z#2'
    """
    return KeyText(f"{type_}@{at}" if number == 1 else f"{type_}@{at}#{number}")
