"""alternative.me: https://alternative.me/crypto/fear-and-greed-index/#api."""

from pipelines.sandbox.answers import Answer, RefusedError, document
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.market import DAY_MS
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import Stream

_FIRST_DAY = parse_instant("2018-02-01T00:00:00Z") // DAY_MS
_NAMES = ("Extreme Fear", "Fear", "Neutral", "Greed", "Extreme Greed")


def _value(stream: Stream, day: int) -> int:
    """Drawn by the week and by the day, so that it wanders."""
    week, own = stream.item(day // 7), stream.item(day)
    return (10 + week.score % 60 if week else 40) + (own.score % 20 if own else 0)


def answer(stream: Stream, ask: Ask) -> Answer:
    """The index by the day, the newest first."""
    if ask.path.rstrip("/") != "/fng":
        raise RefusedError(404, {"message": "Not Found"})
    today = stream.now_ms // DAY_MS
    most = ask.count("limit", 1, 1 << 20) or today
    data = []
    for day in range(today, max(today - most, _FIRST_DAY - 1), -1):
        value = _value(stream, day)
        name = _NAMES[min(value // 20, 4)]
        one = {"value": str(value), "value_classification": name}
        one["timestamp"] = str(day * DAY_MS // 1000)
        if day == today:
            left_ms = (day + 1) * DAY_MS - stream.now_ms
            one["time_until_update"] = str(left_ms // 1000)
        data.append(one)
    shown = {"name": "Fear and Greed Index", "data": data}
    return document({**shown, "metadata": {"error": None}})
