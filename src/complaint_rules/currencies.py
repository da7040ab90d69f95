"""The currencies there are, and how many decimal places the amounts of each have.

Source: ISO 4217:2015, list one (active codes; SIX Financial Information, "List One: Currency, fund
and precious metal codes"), its column "minor unit".
"""

from __future__ import annotations

from typing import Final

from complaint_rules.errors import MoneyError

_TWO = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR
LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP
SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL
"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
# ISO 4217 gives XDR, the special drawing right, no minor unit: the finest there is rounds least.
_FOUR = "CLF UYW XDR"

MINOR_UNITS: Final = {
    code: places
    for places, codes in ((2, _TWO), (0, _NONE), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
"""The decimal places of each currency."""

MOST_PLACES: Final = 4


def places_of(currency: str) -> int:
    """How many decimal places amounts of a currency have.

    Raises:
        MoneyError: there is no such currency; a guess would round somebody's money.

    >>> places_of("CNY"), places_of("JPY"), places_of("KWD")
    (2, 0, 3)
    """
    try:
        return MINOR_UNITS[currency]
    except KeyError:
        raise MoneyError(
            f"currency {currency!r} is no code of ISO 4217: write one such as CNY, EUR or JPY"
        ) from None
