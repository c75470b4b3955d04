"""Near duplicates and bursts: by definition, and in whatever order items come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrichment.neighbours import Item, neighbour_flags

START = datetime(2026, 3, 1, tzinfo=UTC)


def item(number, *, author="a", minutes=0.0, simhash=0, text="t", source="s"):
    at = START + timedelta(minutes=minutes)
    return Item(source, f"{number:03d}", text, author, at, simhash)


def told(items):
    return {flag[:4] for flag in neighbour_flags(items)}


def by_definition(items):
    """Every pair, and every window of an hour."""
    found = set()
    timed = {one for one in items if one.created_at}
    for one in timed:
        for other in timed:
            is_earlier = other.place < one.place
            if not is_earlier or None in {one.simhash, other.simhash}:
                continue
            is_near = (one.simhash ^ other.simhash).bit_count() <= 3
            is_other = one.author and other.author and one.author != other.author
            is_soon = one.created_at - other.created_at <= timedelta(hours=24)
            if is_near and (is_other or is_soon):
                found.add((*one[:3], "near_duplicate"))
        hour = timedelta(hours=1)
        for start in {other.created_at for other in timed}:
            same = {
                o
                for o in timed
                if (o.source, o.author) == (one.source, one.author)
                and start <= o.created_at < start + hour
            }
            if one.author and one in same and len({o.item_id for o in same}) > 10:
                found.add((*one[:3], "burst"))
    return found


ITEMS = st.lists(
    st.builds(
        item,
        st.integers(0, 30),
        author=st.sampled_from(["a", "b", None]),
        minutes=st.sampled_from([0, 1, 2, 59, 60, 61, 1440, 1441, 5000]),
        simhash=st.sampled_from([None, 0, 1, 7, 15, 1 << 63, (1 << 64) - 1]),
        source=st.sampled_from(["s", "u"]),
    ),
    max_size=40,
    unique_by=lambda one: (one.source, one.item_id),
)


@given(ITEMS)
def test_flags_are_what_every_pair_and_window_says(items):
    assert told(items) == by_definition(items)


@given(ITEMS.flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_items_in_any_order_and_split_are_told_the_same(given_items):
    items, shuffled = given_items
    held, flags = [], set()
    while shuffled:
        part, shuffled = shuffled[:7], shuffled[7:]
        held += part
        flags |= told(held)
    assert flags == told(items)


def test_the_later_of_two_is_the_copy_and_an_edit_is_none():
    first, copy = item(1, author="a"), item(2, author="b", minutes=60 * 24 * 30)
    edited = item(1, author="a", simhash=1, text="edited")
    assert told([first, copy]) == {("s", "002", "t", "near_duplicate")}
    assert told([first, edited]) == set()


def test_an_author_may_say_the_same_again_after_a_day():
    again = [item(1), item(2, minutes=60 * 24 + 1)]
    assert told(again) == set()
    assert told([item(1), item(2, minutes=60 * 24)]) == {
        ("s", "002", "t", "near_duplicate")
    }


def test_eleven_in_less_than_an_hour_are_a_burst_and_ten_are_none():
    items = [item(n, minutes=5.9 * n, simhash=None) for n in range(11)]
    assert {flag[1] for flag in told(items)} == {one.item_id for one in items}
    assert told(items[1:]) == set()
    assert told([item(n, minutes=6 * n, simhash=None) for n in range(11)]) == set()
    assert told([item(n, author=None, simhash=None) for n in range(12)]) == set()


def test_an_item_without_a_time_is_told_nothing():
    assert told([item(1), item(2)._replace(created_at=None)]) == set()
