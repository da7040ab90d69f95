from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules.judging.items import Note, Read
from complaint_rules.money import Interval
from complaint_rules.time import Working

VALUES = [
    Read("a", value=True),
    Read("a", True, assumed=True),
    Interval(None, None),
    Working(5),
    Note("repeated-completion", "x", None),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_frozen_value_is_like_any_frozen_dataclass(value):
    name = fields(value)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, None)
    with pytest.raises(FrozenInstanceError):
        delattr(value, name)
    with pytest.raises((AttributeError, TypeError)):
        value.other = 1
    for twin in (
        copy.copy(value),
        copy.deepcopy(value),
        pickle.loads(pickle.dumps(value)),
        replace(value),
    ):
        assert twin == value
        assert hash(twin) == hash(value)
        assert type(twin) is type(value)
    assert (
        replace(value, **{name: 6 if isinstance(getattr(value, name), int) else "changed"}) != value
    )
    assert repr(value).startswith(f"{type(value).__name__}({name}=")


def test_arguments_are_those_of_the_fields():
    assert Read(name="a", value=1) == Read("a", 1, False)
    with pytest.raises(TypeError):
        Read("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Read("a", 1, False, (), 2)
    with pytest.raises(TypeError):
        Read("a", 1, odd=2)  # type: ignore[call-arg]


@given(st.text(), st.integers())
def test_equal_values_are_equal_and_others_are_not(name, value):
    assert Read(name, value) == Read(name, value)
    assert Read(name, value) != Read(name, value + 1)
    assert Read(name, value) != (name, value, False)
