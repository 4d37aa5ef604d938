"""Dates in the letters of PHP's `date()`, which patterns of Invoice Ninja's are written in.

Source: https://www.php.net/manual/en/datetime.format.php; always in English, as there.
"""

import calendar
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _ending(at: datetime) -> str:
    if 11 <= at.day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(at.day % 10, "th")


def _beat(at: datetime) -> str:
    """Swatch's internet time: the day in Biel, an hour east of UTC, in thousandths."""
    biel = at.astimezone(UTC) + timedelta(hours=1)
    seconds = biel.hour * 3600 + biel.minute * 60 + biel.second
    return f"{int(seconds / 86.4):03}"


def _offset(at: datetime, colon: str = "") -> str:
    text = at.strftime("%z")
    return f"{text[:3]}{colon}{text[3:5]}"


def _seconds_east(at: datetime) -> int:
    return int((at.utcoffset() or timedelta()).total_seconds())


_LETTERS: dict[str, Callable[[datetime], object]] = {
    "d": lambda at: f"{at.day:02}",
    "D": lambda at: _DAYS[at.weekday()][:3],
    "j": lambda at: at.day,
    "l": lambda at: _DAYS[at.weekday()],
    "N": lambda at: at.isoweekday(),
    "S": _ending,
    "w": lambda at: at.isoweekday() % 7,
    "z": lambda at: at.timetuple().tm_yday - 1,
    "W": lambda at: f"{at.isocalendar().week:02}",
    "F": lambda at: _MONTHS[at.month - 1],
    "m": lambda at: f"{at.month:02}",
    "M": lambda at: _MONTHS[at.month - 1][:3],
    "n": lambda at: at.month,
    "t": lambda at: calendar.monthrange(at.year, at.month)[1],
    "L": lambda at: int(calendar.isleap(at.year)),
    "o": lambda at: at.isocalendar().year,
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "a": lambda at: "am" if at.hour < 12 else "pm",
    "A": lambda at: "AM" if at.hour < 12 else "PM",
    "B": _beat,
    "g": lambda at: at.hour % 12 or 12,
    "G": lambda at: at.hour,
    "h": lambda at: f"{at.hour % 12 or 12:02}",
    "H": lambda at: f"{at.hour:02}",
    "i": lambda at: f"{at.minute:02}",
    "s": lambda at: f"{at.second:02}",
    "u": lambda at: f"{at.microsecond:06}",
    "v": lambda at: f"{at.microsecond // 1000:03}",
    "e": lambda at: at.tzinfo,
    "I": lambda at: int(bool(at.dst())),
    "O": _offset,
    "P": lambda at: _offset(at, ":"),
    "p": lambda at: _offset(at, ":") if _seconds_east(at) else "Z",
    "T": lambda at: at.tzname(),
    "Z": _seconds_east,
    "c": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}{_offset(at, ':')}",
    "r": lambda at: written("D, d M Y H:i:s O", at),
    "U": lambda at: int(at.timestamp()),
}


def written(format_: str, at: datetime) -> str:
    """`at`, which names its zone, in a format such as `Ymd`. A backslash takes the next letter
    as it is; letters without a meaning stay."""
    return "".join(_parts(format_, at))


def _parts(format_: str, at: datetime) -> Iterator[str]:
    letters = iter(format_)
    for letter in letters:
        if letter == "\\":
            yield next(letters, "\\")
        else:
            meaning = _LETTERS.get(letter)
            yield str(meaning(at)) if meaning else letter
