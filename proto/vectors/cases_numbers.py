"""DynamoDB numbers: texts and binary floats, with their value and the bytes that the service counts.

Source: DynamoDB developer guide, "Naming rules and data types": 38 significant digits, 1E-130 to 9.9...E+125.
"""
import re
import struct

GRAMMAR = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")


def parse(text):
    """(negative, digits, exp) with value = 0.digits * 10^exp, or None if DynamoDB would refuse the number."""
    m = GRAMMAR.fullmatch(text)
    if m is None:
        return None
    sign, whole, fraction, exponent = m.groups()
    raw = whole + (fraction or "")
    digits = raw.lstrip("0")
    exp = len(whole) - (len(raw) - len(digits)) + int(exponent or 0)
    digits = digits.rstrip("0")
    if digits == "":
        return False, "", 0
    if len(digits) > 38 or not -130 <= exp - 1 <= 125:
        return None
    return sign == "-", digits, exp


def size(negative, digits, exp):
    """Base 100 digits, aligned at the decimal point, and one byte for the exponent; one more for a sign."""
    if digits == "":
        return 1
    lead = exp % 2  # digits that stand alone in the first base 100 digit
    return 1 + lead + (len(digits) - lead + 1) // 2 + negative


def value(parsed):
    negative, digits, exp = parsed
    return {"negative": negative, "digits": digits, "exp": exp, "size": size(*parsed)}


def shortest_single(v):
    """The shortest decimal text that reads back as the same float32."""
    for precision in range(1, 10):
        text = f"{v:.{precision}g}"
        try:
            if struct.pack(">f", float(text)) == struct.pack(">f", v):
                return text
        except OverflowError:  # rounded up past the largest one: more digits are needed
            continue
    raise ValueError(v)


TEXTS = [
    "0", "-0", "0.0", "000", "0e5", "-0.000e-200", "1", "1.0", "10e-1", "0.01e2", "+1", "-1", "01", "100", "1e2", "1E+2", "10",
    "12", "123", "1234", "12345", "0.1", "0.01", "0.001", "-0.5", "1.5E2", "150", "-12.25", "99", "100.00", "1000000",
    "1234567890123456789012345678901234567800000", "0.00000000000000000000000000000000000000000000001",
    "12345678901234567890123456789012345678", "-12345678901234567890123456789012345678", "1.2345678901234567890123456789012345678",
    "123456789012345678901234567890123456789", "1.23456789012345678901234567890123456789",
    "100000000000000000000000000000000000001", "1" + "0" * 125, "1" + "0" * 126, "1e125", "9.99e125", "9" * 38 + "e88", "1e126",
    "10e125", "0.1e126", "1e-130", "-1e-130", "0.1e-129", "9.9e-131", "1e-131", "1e99999999999999999999", "0e99999999999999999999",
    "1e-99999999999999999999", "", "-", "+", ".", "e5", "1e", "1e+", "--1", "+-1", "1.", ".5", "1.e5", "1..0", "1 ", " 1", "1\n",
    "1_000", "1,5", "0x10", "NaN", "nan", "Infinity", "-inf", "1f", "1e5.0", "\u0661", "1\u0000",
    "18446744073709551615", "-9223372036854775808", "2e0", "20e-1", "5e-324", "0.30000000000000004",
]
DOUBLES = [0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 0.3, 0.1 + 0.2, 1 / 3, 2 / 3, 100.0, 1e15, 1e16, 1e17, 123456789.125, 9007199254740993.0,
           1e22, 1e23, 4.35, 2.5e-8, 1e-5, 1e-7, -1.5e100, 1e125, 9.99e125, 9.999999999999999e125, 1e126, 1e200, 1e308, 1e-130,
           9.999999999999999e-131, 1e-131, 5e-324, 2.2250738585072014e-308, float("inf"), float("-inf"), float("nan")]
SINGLES = [0.0, 1.0, 0.1, -0.1, 3.14159274, 16777216.0, 1e10, 3.4028234663852886e38, 1.401298464324817e-45, 0.3, 1 / 3,
           float("inf"), float("nan")]


def numbers():
    made = []
    for text in TEXTS:
        parsed = parse(text)
        made.append({"text": text, **(value(parsed) if parsed is not None else {})})
    for kind, code, shortest, cases in (("double", ">d", repr, DOUBLES), ("single", ">f", shortest_single, SINGLES)):
        for v in cases:
            bits = struct.pack(code, v)
            v = struct.unpack(code, bits)[0]
            finite = v - v == 0
            parsed = parse(shortest(v)) if finite else None
            made.append({kind: bits.hex(), **(value(parsed) if parsed is not None else {})})
    return made
