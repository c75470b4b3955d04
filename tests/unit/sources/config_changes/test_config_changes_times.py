"""A time comes out as its declared type's own text, and is never guessed."""

import pytest

from tests.histories.debezium_messages import taken

TIME = "io.debezium.time."
CONNECT = "org.apache.kafka.connect.data."
MODE = "time_precision_mode"


@pytest.mark.parametrize(
    ("told", "form", "sent", "expected"),
    [
        ("date", TIME + "Date", 19724, "2024-01-02"),
        ("date", CONNECT + "Date", 19724, "2024-01-02"),
        ("date", TIME + "IsoDate", "2024-01-02Z", "2024-01-02"),
        ("date", TIME + "Date", -719162, "0001-01-01"),
        ("date", TIME + "Date", -719163, "0001-12-31 BC"),
        ("date", TIME + "Date", 2932897, "10000-01-01"),
        ("date", TIME + "Date", -622191234, "infinity"),
        ("date", TIME + "Date", -2147472692, "infinity"),
        ("date", TIME + "Date", -625821272, "-infinity"),
        ("time", TIME + "Time", 3600001, "01:00:00.001"),
        ("time(3)", CONNECT + "Time", 3600000, "01:00:00"),
        ("time", TIME + "MicroTime", 3600000001, "01:00:00.000001"),
        ("time", TIME + "NanoTime", 3600000001000, "01:00:00.000001"),
        ("time", TIME + "IsoTime", "20:05:11.123Z", "20:05:11.123"),
        ("time", TIME + "MicroTime", 86400000000, "24:00:00"),
        ("timetz", TIME + "ZonedTime", "10:00:00Z", "10:00:00+00"),
        ("timetz", TIME + "ZonedTime", "10:00:00.50+05:30", "10:00:00.5+05:30"),
        ("timestamp", TIME + "Timestamp", 1704067200001, "2024-01-01 00:00:00.001"),
        ("timestamp", CONNECT + "Timestamp", 1704067200000, "2024-01-01 00:00:00"),
        (
            "timestamp(6)",
            TIME + "MicroTimestamp",
            1704067200000001,
            "2024-01-01 00:00:00.000001",
        ),
        (
            "timestamp",
            TIME + "NanoTimestamp",
            1704067200000001000,
            "2024-01-01 00:00:00.000001",
        ),
        ("timestamp", TIME + "MicroTimestamp", -1, "1969-12-31 23:59:59.999999"),
        (
            "timestamp",
            TIME + "IsoTimestamp",
            "2024-01-01T02:03:04.5Z",
            "2024-01-01 02:03:04.5",
        ),
        ("timestamp", TIME + "MicroTimestamp", 9223372036825200000, "infinity"),
        ("timestamp(3)", TIME + "Timestamp", -9223372036832400, "-infinity"),
        (
            "timestamptz",
            TIME + "ZonedTimestamp",
            "2024-01-01T00:00:00.100Z",
            "2024-01-01 00:00:00.1+00",
        ),
        (
            "timestamptz",
            TIME + "ZonedTimestamp",
            "2024-01-01T00:30:00+02:00",
            "2023-12-31 22:30:00+00",
        ),
        ("timestamptz(3)", TIME + "ZonedTimestamp", "-infinity", "-infinity"),
        (
            "timestamptz",
            TIME + "ZonedTimestamp",
            "-0043-03-15T00:00:00Z",
            "0044-03-15 00:00:00+00 BC",
        ),
        (
            "timestamptz",
            TIME + "ZonedTimestamp",
            "+12024-01-01T00:00:00Z",
            "12024-01-01 00:00:00+00",
        ),
        (
            "timestamptz",
            TIME + "MicroTimestamp",
            1704067200000000,
            "2024-01-01 00:00:00+00",
        ),
        ("interval", TIME + "MicroDuration", 90000000, "00:01:30"),
        ("interval", TIME + "NanoDuration", 90000000000, "00:01:30"),
        ("interval", TIME + "Interval", "P0Y0M1DT2H0M0.5S", "1 day 02:00:00.5"),
        (
            "interval",
            TIME + "Interval",
            "P1Y2M-3DT4H5M6S",
            "1 year 2 mons -3 days +04:05:06",
        ),
        ("interval", TIME + "Interval", "P-1Y-2M3DT0S", "-1 years -2 mons +3 days"),
        ("interval", TIME + "Interval", "PT-0.5S", "-00:00:00.5"),
        ("interval", TIME + "Interval", "PT0S", "00:00:00"),
    ],
)
def test_a_time_is_its_types_own_text_in_every_form(told, form, sent, expected):
    assert taken(sent, told, schema={"name": form}) == expected


def test_times_in_an_array_are_its_elements_own_text():
    items = {"type": "array", "items": {"name": TIME + "Date"}}
    assert taken([[19724], [None]], "date[]", schema=items) == [["2024-01-02"], [None]]


@pytest.mark.parametrize(
    ("told", "sent", "expected"),
    [
        ("date", 19724, "2024-01-02"),
        ("timestamptz", "2024-01-01T00:00:00Z", "2024-01-01 00:00:00+00"),
        ("timetz", "10:00:00Z", "10:00:00+00"),
        ("interval", 90000000, "00:01:30"),
        ("interval second(3)", 90000000, "00:01:30"),
        ("interval day to second(3)", "PT1M30S", "00:01:30"),
    ],
)
def test_what_has_one_meaning_needs_no_schema(told, sent, expected):
    assert taken(sent, told) == expected


@pytest.mark.parametrize("told", ["timestamp", "timestamp(3)", "time", "time(3)"])
def test_a_count_whose_unit_nothing_says_is_not_guessed(told):
    for sent in (3600000, 1704067200000, 1704067200000000):
        with pytest.raises(ValueError, match=r"time\.precision\.mode"):
            taken(sent, told)


@pytest.mark.parametrize(
    ("mode", "told", "sent", "expected"),
    [
        ("adaptive", "timestamp(3)", 1704067200000, "2024-01-01 00:00:00"),
        ("adaptive", "timestamp", 1704067200000000, "2024-01-01 00:00:00"),
        ("adaptive", "time(0)", 3600000, "01:00:00"),
        ("adaptive", "time", 3600000000, "01:00:00"),
        ("adaptive_time_microseconds", "time(0)", 3600000000, "01:00:00"),
        ("adaptive_time_microseconds", "timestamp(0)", 0, "1970-01-01 00:00:00"),
        ("connect", "timestamp", 1704067200000, "2024-01-01 00:00:00"),
        ("connect", "time", 3600000, "01:00:00"),
        ("microseconds", "timestamp(3)", 1704067200000000, "2024-01-01 00:00:00"),
        ("nanoseconds", "time", 3600000000000, "01:00:00"),
        ("isostring", "timestamp", "2024-01-01T00:00:00Z", "2024-01-01 00:00:00"),
        ("isostring", "date", "2024-01-02Z", "2024-01-02"),
    ],
)
def test_the_declaration_says_what_a_count_without_schema_counts(
    mode, told, sent, expected
):
    assert taken(sent, told, **{MODE: mode}) == expected


@pytest.mark.parametrize(
    ("told", "form", "sent", "reason"),
    [
        ("date", TIME + "Timestamp", 0, "which is sent as io.debezium.time.Timestamp"),
        ("date", "io.debezium.data.Json", "{}", "which is sent as"),
        ("date", TIME + "Date", 2145042906, "out of the range"),
        ("date", TIME + "Date", "2024-01-02", "a whole number"),
        ("date", TIME + "IsoDate", "2024-02-30", "no date"),
        ("date", TIME + "IsoDate", "2024-01-02T00:00:00Z", "no ISO date"),
        ("time", TIME + "MicroTime", 86400000001, "no time of a day"),
        ("time", TIME + "NanoTime", 1, "finer than a microsecond"),
        ("time", TIME + "IsoTime", "10:00:00+01:00", "without a zone"),
        ("time", TIME + "IsoTime", "10:60:00Z", "no ISO"),
        ("timestamp", TIME + "NanoTimestamp", 1704067200000000001, "finer than"),
        ("timestamp", TIME + "Timestamp", 9224318016000000, "out of the range"),
        ("timestamp", TIME + "IsoTimestamp", "2024-01-01T00:00:00+01:00", "without a"),
        ("timestamp", TIME + "MicroTimestamp", (1 << 63) - 1, "all that is beyond it"),
        ("timestamptz", TIME + "ZonedTimestamp", "2024-01-01T00:00:00", "with a zone"),
        ("timestamptz", TIME + "ZonedTimestamp", "2024-01-01T00:00:00.1234567Z", "fin"),
        ("timestamptz", None, 1704067200000, "sends as ISO text"),
        ("interval", TIME + "Interval", "P1.5D", "no duration"),
        ("interval", TIME + "Interval", "P", "no duration"),
        ("interval", TIME + "Interval", "P3000000000D", "out of the range"),
        ("interval", TIME + "MicroDuration", "P1D", "a whole number"),
    ],
)
def test_what_is_no_time_of_its_type_is_refused_with_its_reason(
    told, form, sent, reason
):
    with pytest.raises(ValueError, match=r"column 'value': ") as refused:
        taken(sent, told, schema=form and {"name": form})
    assert reason in str(refused.value)
