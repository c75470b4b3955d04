"""What may be wrong is told of once, and remembered within bounds."""

from pipelines.collector import doubts
from pipelines.collector.doubts import Doubts


def test_each_doubt_is_told_of_once_and_the_newest_are_remembered(monkeypatch):
    monkeypatch.setattr(doubts, "MOST", 2)
    known = Doubts()
    assert known.new(["block 1", "block 2", "block 1"]) == ["block 1", "block 2"]
    assert known.new(["block 2", "block 3"]) == ["block 3"]
    assert known.new(["block 2", "block 3"]) == []
    assert known.new(["block 1"]) == ["block 1"]  # two others came after it
