"""Columns of values from outside, checked against a type and given the type's one form.

Each type has one physical form: amounts are whole cents (in currencies of more than two places
their smallest unit), instants microseconds since 1970 in UTC, durations microseconds or days,
numbers floats of at most 15 digits, so that every comparison comes out as it does one case at a
time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from complaint_rules.errors import CaseError, NaiveDatetime, TimeError, did_you_mean
from complaint_rules.expressions import Type, Value
from complaint_rules.expressions.types import (
    LARGEST_NUMBER,
    LONGEST_TEXT,
    read_value,
)
from complaint_rules.money import EXACT, LARGEST, money_pattern
from complaint_rules.time import Duration, parse_duration
from complaint_rules.time.durations import CountedUnit, duration_in
from complaint_rules.time.instants import (
    EPOCH,
    FIRST_INSTANT,
    LAST_INSTANT,
    read_instant,
    read_timezone,
    require_year,
    to_microseconds,
)
from complaint_rules.time.last_day import clock_of

COLUMN_DIGITS: Final = 15
"""A number with so many digits is the same number again after it was a float."""

_NUMBER_TEXT: Final = r"^-?[0-9]+(\.[0-9]+)?$"


def scale_of(places: int) -> int:
    """The decimal places of amounts in columns: at least those of cents."""
    return max(2, places)


def money_dtype(places: int) -> Any:
    """The type of amounts in tables, for a currency of so many places."""
    return pl.Decimal(38, scale_of(places))


def dtype(type_: Type) -> Any:
    """The physical form of a type."""
    match type_.name:
        case "bool":
            return pl.Boolean
        case "int" | "money" | "instant" | "time":
            return pl.Int64
        case "duration":  # a fact without a unit of its own keeps the texts
            return pl.Int64 if len(type_.units) < 2 else pl.String
        case "number":
            return pl.Float64
        case "enum":
            return pl.Enum(list(type_.values))
        case "text":
            return pl.String
        case "date":
            return pl.Date
        case "calendar":
            raise TypeError(type_)  # it has no value


def constant(value: Value, type_: Type) -> Any:
    """A constant in the physical form of its type."""
    match type_.name:
        case "money":
            assert isinstance(value, Decimal)  # noqa: S101 - read as an amount
            return int(EXACT.scaleb(value, scale_of(type_.places)))
        case "number":
            assert isinstance(value, Decimal)  # noqa: S101 - read as a number
            return float(value)
        case "instant":
            assert isinstance(value, datetime)  # noqa: S101 - read as an instant
            return to_microseconds(value)
        case "duration":
            return _duration(value, type_)
        case "time":
            assert isinstance(value, time)  # noqa: S101 - read as a time of day
            return clock_of(datetime.combine(EPOCH, value))
        case _:
            return value


def _duration(value: Value, type_: Type) -> int | str:
    """An amount of the one unit of a type; the text where it may have several."""
    assert isinstance(value, Duration)  # noqa: S101 - read as a duration
    return str(value) if dtype(type_) == pl.String else value.amount


def nothing(type_: Type, length: int) -> pl.Series:
    """A column without any value."""
    return pl.Series([None], dtype=dtype(type_)).new_from_index(0, length)


def typed(column: pl.Series, type_: Type, what: str, timezone: str | None = None) -> pl.Series:
    """Check a column against a type, and give it the type's form; nulls stay nulls.

    ``timezone`` is that of timestamps that have none.

    Raises:
        CaseError: a value does not fit; the message shows the first that does not.
        NaiveDatetime: timestamps have no timezone, and none is given.

    >>> typed(pl.Series(["12.50", None]), Type("money"), "fact loss").to_list()
    [1250, None]
    """
    if column.dtype == pl.Null:
        return nothing(type_, len(column))
    if column.dtype == pl.Object:
        column = pl.Series(column.name, [None if v is None else str(v) for v in column.to_list()])
    match type_.name:
        case "bool":
            return _require(column, column.dtype == pl.Boolean, what, "true or false")
        case "int":
            return _whole(column, what)
        case "number":
            return _number(column, what)
        case "money":
            return _money(column, what, type_.places)
        case "enum":
            return _member(column, type_, what)
        case "text":
            return _text(column, what)
        case "instant":
            return instants(column, what, timezone)
        case "date":
            return _date(column, what)
        case "duration":
            return _by_value(
                column,
                lambda text: _duration(read_value(text, type_, what), type_),
                dtype(type_),
            )
        case "time" | "calendar" | "percent":
            raise TypeError(type_)  # no case gives a value of it


def _require(column: pl.Series, fits: bool, what: str, wanted: str) -> pl.Series:
    if not fits:
        raise CaseError(
            f"{what} is a column of {column.dtype}, which is not {wanted}: convert it first"
        )
    return column


def _first(column: pl.Series, wrong: pl.Series) -> Any:
    return column.filter(wrong).to_list()[0]


def _refuse(column: pl.Series, right: pl.Series, what: str, wanted: str) -> None:
    """Complain of the first value that is not right; nulls are."""
    wrong = ~right.fill_null(value=True)
    count = int(wrong.sum())
    if count:
        more = f" (and {count - 1} more)" if count > 1 else ""
        raise CaseError(f"{what} is {_first(column, wrong)!r}{more}, which is not {wanted}")


def _whole(column: pl.Series, what: str) -> pl.Series:
    wanted = f"a whole number up to {LARGEST_NUMBER}: write one"
    numeric = column.dtype.is_integer() or column.dtype.is_float()
    _require(column, numeric, what, "of whole numbers")
    if column.dtype.is_float():  # pandas keeps whole numbers with gaps as floats
        column = column.fill_nan(None)
        _refuse(column, column.is_finite() & (column.round() == column), what, wanted)
    whole = column.cast(pl.Int64, strict=False)
    low, high = whole.min() or 0, whole.max() or 0
    if whole.null_count() > column.null_count() or max(abs(int(low)), abs(int(high))) > (  # type: ignore[arg-type]
        LARGEST_NUMBER
    ):
        right = (column >= -LARGEST_NUMBER) & (column <= LARGEST_NUMBER)
        _refuse(column, right, what, wanted)
    return whole


def _number(column: pl.Series, what: str) -> pl.Series:
    wanted = (
        f"a number of at most {COLUMN_DIGITS} digits, as columns hold: "
        f"write one like 12 or '12.5', or evaluate the case by itself"
    )
    numeric = column.dtype.is_numeric() or column.dtype == pl.String
    _require(column, numeric, what, "of numbers")
    found = column
    if not column.dtype.is_float():
        texts = column.cast(pl.String)
        if column.dtype == pl.String:
            digits = texts.str.count_matches("[0-9]")
            right = texts.str.contains(_NUMBER_TEXT) & (digits <= COLUMN_DIGITS)
        else:  # zeros that the scale of a decimal column adds do not count
            digits = texts.str.replace_all(r"[^0-9]", "").str.strip_chars("0").str.len_chars()
            right = digits <= COLUMN_DIGITS
        found = texts.cast(pl.Float64, strict=False)
        _refuse(column, (right & found.is_not_null()) | column.is_null(), what, wanted)
    else:
        found = column.fill_nan(None).cast(pl.Float64)
    _refuse(column, found.is_finite() & (found.abs() <= LARGEST_NUMBER), what, wanted)
    return found


def _money(column: pl.Series, what: str, places: int) -> pl.Series:
    wanted = (
        f"an amount: write one like '12.50' in plain digits, up to {LARGEST}, with at most "
        f"{'two' if places == 2 else places} decimal places"
    )
    if column.dtype.is_float():
        raise CaseError(
            f"{what} is a column of floats, which cannot hold amounts exactly: "
            f"use texts, or round it with .round(2).cast(pl.Decimal(scale=2))"
        )
    fits = column.dtype.is_integer() or column.dtype.is_decimal() or column.dtype == pl.String
    _require(column, fits, what, "of amounts")
    texts = column.cast(pl.String)
    _refuse(column, texts.str.contains(money_pattern(places)), what, wanted)
    scale = scale_of(places)
    whole = texts.str.extract(r"^([0-9]+)").cast(pl.Int64)
    parts = texts.str.extract(rf"\.([0-9]{{0,{scale}}})").fill_null("")
    found: pl.Series = whole * 10**scale + parts.str.pad_end(scale, "0").cast(pl.Int64)
    _refuse(column, found <= int(LARGEST) * 10**scale, what, wanted)
    return found


def _member(column: pl.Series, type_: Type, what: str) -> pl.Series:
    texts = isinstance(column.dtype, pl.Categorical | pl.Enum) or column.dtype == pl.String
    _require(column, texts, what, "of texts")
    found = column.cast(dtype(type_), strict=False)
    if found.null_count() > column.null_count():
        wrong = found.is_null() & column.is_not_null()
        value = str(_first(column.cast(pl.String), wrong))
        raise CaseError(
            f"{what} is {value!r} ({int(wrong.sum())} times), which is not one of "
            f"{', '.join(type_.values)}{did_you_mean(value, type_.values)}"
        )
    return found


def _text(column: pl.Series, what: str) -> pl.Series:
    texts = isinstance(column.dtype, pl.Categorical | pl.Enum) or column.dtype == pl.String
    found = _require(column, texts, what, "of texts").cast(pl.String)
    if (found.str.len_chars() > LONGEST_TEXT).any():
        raise CaseError(f"{what} is longer than {LONGEST_TEXT} characters: shorten it")
    return found


def instants(column: pl.Series, what: str, timezone: str | None) -> pl.Series:
    """A column of timestamps as microseconds since 1970 in UTC.

    Raises:
        NaiveDatetime: they have no timezone, and none is given.
        TimeError: they are no timestamps, or finer than microseconds.
        CalendarError: the timezone is unknown.
    """
    zone = None if timezone is None else read_timezone(timezone)
    if column.dtype == pl.String:
        return _by_value(column, lambda text: _instant(text, what, zone), pl.Int64)
    kind = column.dtype
    if not isinstance(kind, pl.Datetime):
        raise TimeError(f"{what} is a column of {kind}, which are no times: convert it first")
    if kind.time_zone is None:
        if timezone is None:
            raise NaiveDatetime(
                f"{what} has no timezone: say whose time it is, timezone='Asia/Shanghai'"
            )
        known = column.null_count()
        column = column.dt.replace_time_zone(
            timezone, ambiguous="earliest", non_existent="null"
        ).alias(column.name)
        if column.null_count() > known:
            raise TimeError(
                f"{what}: {column.null_count() - known} times do not exist in {timezone}, where "
                f"the clocks skip them: say what is meant"
            )
    if kind.time_unit == "ns" and (column.to_physical() % 1000 != 0).any():
        raise TimeError(f"{what} is finer than microseconds: round it with .dt.round('1us')")
    physical = column.dt.cast_time_unit("us").dt.convert_time_zone("UTC").to_physical()
    for bound in (physical.min(), physical.max()):
        if bound is not None and not FIRST_INSTANT <= bound <= LAST_INSTANT:  # type: ignore[operator]
            raise TimeError(
                f"{what} has times outside the years 2 to 9998, which calendars know: leave them "
                f"out, or correct them"
            )
    return physical


def _instant(text: str, what: str, zone: ZoneInfo | None) -> int:
    """A text as an instant; where it has no offset it is a time of the zone, if one is given.

    A time that the zone's clocks show twice is the first of the two, as in columns of timestamps.
    """
    if zone is not None:
        try:
            given = datetime.fromisoformat(text)
        except ValueError:
            given = None  # the ordinary reading says what is wrong
        if given is not None and given.tzinfo is None and len(text) > len("2020-01-02"):
            there = given.replace(tzinfo=zone).astimezone(UTC)
            if there.astimezone(zone).replace(tzinfo=None) != given:
                raise TimeError(
                    f"{what}: {text!r} does not exist in {zone.key}, where the clocks skip it: "
                    f"say what is meant"
                )
            return to_microseconds(require_year(there, what))
    return to_microseconds(read_instant(text, what))


def _date(column: pl.Series, what: str) -> pl.Series:
    if column.dtype == pl.String:
        return _by_value(column, lambda text: read_value(text, Type("date"), what), pl.Date)
    return _require(column, column.dtype == pl.Date, what, "of dates")


def _by_value(column: pl.Series, read: Callable[[Any], Any], kind: Any) -> pl.Series:
    """Read each distinct text once."""
    distinct = column.drop_nulls().unique()
    known = {text: read(text) for text in distinct.to_list()}
    if not known:
        return pl.Series(column.name, [None], dtype=kind).new_from_index(0, len(column))
    return column.replace_strict(
        list(known), pl.Series(list(known.values()), dtype=kind), return_dtype=kind
    )


def value_of(physical: Any, type_: Type) -> Any:
    """A value in its physical form as a case has it."""
    match type_.name:
        case "money":
            return EXACT.scaleb(Decimal(physical), -scale_of(type_.places))
        case "number":
            return Decimal(repr(physical))
        case "instant":
            return datetime.fromtimestamp(0, EPOCH.tzinfo) + _microseconds(physical)
        case "duration":
            if isinstance(physical, str):
                return parse_duration(physical)
            return duration_in(cast("CountedUnit", type_.units[0]), physical)
        case _:
            return physical


def _microseconds(count: int) -> Any:
    return timedelta(0, 0, count)


def money(units: pl.Series, kind: Any) -> pl.Series:
    """Whole cents, or smaller units, as amounts of a decimal type."""
    one = pl.lit(Decimal((0, (1,), -kind.scale)), dtype=kind)
    return (
        pl.DataFrame({"units": units})
        .select(pl.col("units").cast(pl.Decimal(38, 0)) * one)
        .to_series()
        .cast(kind)
    )


def readable(column: pl.Series, type_: Type, timezone: str) -> pl.Series:
    """A column in its physical form as people read it."""
    match type_.name:
        case "money":
            return money(column, money_dtype(type_.places))
        case "instant":
            return column.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(timezone)
        case "duration" if column.dtype != pl.String:
            return _by_value(column, lambda amount: str(value_of(amount, type_)), pl.String)
        case _:
            return column


def take(column: pl.Series, rows: NDArray[np.int64] | NDArray[np.int32]) -> pl.Series:
    """Some rows of a column: the quickest way there is."""
    return column[pl.Series(rows.astype(np.uint32))]
