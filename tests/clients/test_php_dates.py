"""Every letter as PHP 8.2 wrote it: recorded from `date_create($moment)->format($letter)`."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from clients.php_dates import written

LETTERS = "dDjlNSwzWFmMntLoYyaABgGhHisuveIOPpTZcrU"
RECORDED = {
    "2026-01-01 00:05:09.000000 Europe/Berlin": [
        "01", "Thu", "1", "Thursday", "4", "st", "4", "0", "01", "January", "01", "Jan", "1",
        "31", "0", "2026", "2026", "26", "am", "AM", "003", "12", "0", "12", "00", "05", "09",
        "000000", "000", "Europe/Berlin", "0", "+0100", "+01:00", "+01:00", "CET", "3600",
        "2026-01-01T00:05:09+01:00", "Thu, 01 Jan 2026 00:05:09 +0100", "1767222309",
    ],
    "2024-12-30 12:00:00.123456 America/New_York": [
        "30", "Mon", "30", "Monday", "1", "th", "1", "364", "01", "December", "12", "Dec",
        "12", "31", "1", "2025", "2024", "24", "pm", "PM", "750", "12", "12", "12", "12", "00",
        "00", "123456", "123", "America/New_York", "0", "-0500", "-05:00", "-05:00", "EST",
        "-18000", "2024-12-30T12:00:00-05:00", "Mon, 30 Dec 2024 12:00:00 -0500", "1735578000",
    ],
    "2028-02-29 23:59:59.500000 UTC": [
        "29", "Tue", "29", "Tuesday", "2", "th", "2", "59", "09", "February", "02", "Feb", "2",
        "29", "1", "2028", "2028", "28", "pm", "PM", "041", "11", "23", "11", "23", "59", "59",
        "500000", "500", "UTC", "0", "+0000", "+00:00", "Z", "UTC", "0",
        "2028-02-29T23:59:59+00:00", "Tue, 29 Feb 2028 23:59:59 +0000", "1835481599",
    ],
    "2026-07-03 13:22:01 Asia/Kolkata": [
        "03", "Fri", "3", "Friday", "5", "rd", "5", "183", "27", "July", "07", "Jul", "7",
        "31", "0", "2026", "2026", "26", "pm", "PM", "369", "1", "13", "01", "13", "22", "01",
        "000000", "000", "Asia/Kolkata", "0", "+0530", "+05:30", "+05:30", "IST", "19800",
        "2026-07-03T13:22:01+05:30", "Fri, 03 Jul 2026 13:22:01 +0530", "1783065121",
    ],
    "2021-01-02 01:01:01 Europe/Berlin": [
        "02", "Sat", "2", "Saturday", "6", "nd", "6", "1", "53", "January", "01", "Jan", "1",
        "31", "0", "2020", "2021", "21", "am", "AM", "042", "1", "1", "01", "01", "01", "01",
        "000000", "000", "Europe/Berlin", "0", "+0100", "+01:00", "+01:00", "CET", "3600",
        "2021-01-02T01:01:01+01:00", "Sat, 02 Jan 2021 01:01:01 +0100", "1609545661",
    ],
}  # fmt: skip


@pytest.mark.parametrize("moment", RECORDED)
def test_every_letter_means_what_it_means_to_php(moment):
    stamp, zone = moment.rsplit(" ", 1)
    at = datetime.fromisoformat(stamp).replace(tzinfo=ZoneInfo(zone))

    assert [written(letter, at) for letter in LETTERS] == RECORDED[moment]


@pytest.mark.parametrize(
    ("day", "ending"),
    [(1, "st"), (2, "nd"), (3, "rd"), (4, "th"), (11, "th"), (12, "th"), (13, "th"), (21, "st"),
     (22, "nd"), (23, "rd"), (30, "th")],
)  # fmt: skip
def test_days_have_english_endings(day, ending):
    assert written("S", datetime(2026, 1, day, tzinfo=UTC)) == ending


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"Ymd \Y\\ -", "20260131 Y\\ -"), ("q/k.x", "q/k.x"), ("\\", "\\"), ("", "")],
)
def test_a_backslash_and_other_letters_are_taken_as_they_are(pattern, text):
    assert written(pattern, datetime(2026, 1, 31, tzinfo=UTC)) == text
