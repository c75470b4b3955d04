"""An answer speaks for the minutes that it could and did tell of."""

from pipelines.sources.exchange.covered import Stamps, spans_answered

M = 60_000
NOW = 1000 * M


def test_only_minutes_that_ended_by_the_venues_clock_are_answered():
    span = (990 * M, 1001 * M)
    minutes = Stamps(range(990 * M, 1001 * M, M))
    assert spans_answered(span, minutes, NOW + 30_000, None, M) == [(990 * M, NOW)]


def test_a_minute_without_a_row_is_answered_for():
    assert spans_answered((0, 10 * M), Stamps([3 * M]), NOW, None, M) == [(0, 10 * M)]


def test_the_minute_of_a_refused_row_is_cut_out():
    minutes = Stamps([0, 2 * M], [M, 9 * M])
    assert spans_answered((0, 10 * M), minutes, NOW, None, M) == [
        (0, M),
        (2 * M, 9 * M),
    ]


def test_a_refused_row_beside_a_good_one_of_its_minute_cuts_nothing():
    assert spans_answered((0, 2 * M), Stamps([0, M], [M]), NOW, None, M) == [(0, 2 * M)]


def test_with_a_row_that_can_not_be_placed_only_good_rows_answer():
    minutes = Stamps([0, M, 5 * M], is_placed=False)
    assert spans_answered((0, 10 * M), minutes, NOW, None, M) == [
        (0, 2 * M),
        (5 * M, 6 * M),
    ]


def test_nothing_answered_is_an_empty_span_where_it_was_asked():
    assert spans_answered((5 * M, 6 * M), Stamps([]), 5 * M, None, M) == [
        (5 * M, 5 * M)
    ]


def test_a_full_window_answers_from_its_first_minute():
    minutes = Stamps(range(281 * M, 1001 * M, M))  # 720 candles, the last one forming
    assert spans_answered((0, 1001 * M), minutes, NOW, 720, M) == [(281 * M, NOW)]


def test_a_refused_first_minute_does_not_count_as_beyond_the_window():
    minutes = Stamps([M, 2 * M], [0])
    assert spans_answered((0, 3 * M), minutes, NOW, 720, M) == [(0, 0), (M, 3 * M)]


def test_less_or_more_than_a_window_answers_from_where_it_was_asked():
    few = Stamps(range(900 * M, 1001 * M, M))
    assert spans_answered((890 * M, NOW), few, NOW, 720, M) == [(890 * M, NOW)]
    many = Stamps(range(100 * M, 1001 * M, M))
    assert spans_answered((0, NOW), many, NOW, 720, M) == [(0, NOW)]
