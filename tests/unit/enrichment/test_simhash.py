"""SimHash: what it is by definition, and that near texts have near hashes."""

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrichment.simhash import bands, distance, joined, simhash

WORDS = st.lists(st.text(min_size=1, max_size=8), max_size=60)
TEXT = """
the exchange said on friday that withdrawals of all tokens will be open again within two
days after a review by auditors and that no funds of users were lost while its own
reserves cover what customers hold and more than that besides
"""
WORDS_OF_TEXT = TEXT.split()


def by_definition(words):
    counts = [0] * 64
    for word in words:
        value = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
        for bit in range(64):
            counts[bit] += 1 if value >> bit & 1 else -1
    return sum(1 << bit for bit, count in enumerate(counts) if count > 0)


@given(WORDS)
def test_a_bit_is_what_most_words_have(words):
    assert simhash(words) == by_definition(words)


def test_many_words_overflow_no_counter():
    words = [f"w{number % 7}" for number in range(19_999)]
    assert simhash(words) == by_definition(words)


@given(st.permutations(WORDS_OF_TEXT))
def test_order_does_not_count(words):
    assert simhash(words) == simhash(WORDS_OF_TEXT)


def test_one_word_more_is_near_and_another_text_is_far():
    assert distance(simhash(WORDS_OF_TEXT), simhash([*WORDS_OF_TEXT, "today"])) <= 3
    assert (
        distance(
            simhash(WORDS_OF_TEXT), simhash([f"other{word}" for word in WORDS_OF_TEXT])
        )
        > 15
    )


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=3))
def test_hashes_within_three_bits_share_a_band(value, bits):
    other = value ^ sum(1 << bit for bit in bits)
    assert distance(value, other) == len(bits)
    assert any(a == b for a, b in zip(bands(value), bands(other), strict=True))
    assert joined(bands(value)) == value
