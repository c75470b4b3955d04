"""Text form: what is left out, and that wrapping and escaping change no hash."""

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrichment.text_form import LONGEST, text_form

FORMS = {
    "BTC&ETH &amp;amp; AT&T &copy it": "BTC&ETH & AT&T &copy it",
    "I <3 it, a <b and c> d, if a<b": "I <3 it, a <b and c> d, if a<b",
    "<p>Hi <b>bo</b>ld</p><p>there</p>a<br/>b": "Hi bold there a b",
    "mine<blockquote><p>theirs</p><blockquote>x</blockquote></blockquote>": "mine",
    "<pre><code>let x = 1;</code></pre>and `y` ```\nz\n``` w": "and w",
    "&gt; quoted\n&gt;&gt; twice\nmine >:( > 5": "mine >:( > 5",
    "[quote author=me]old[/quote] new [sic]": "new [sic]",
    "<script>alert('x')</script><style>b{}</style>text": "text",
    "a <!-- b --> c <!-- d": "a c <!-- d",
    "see https://x.io/a?b=1! and t.me/c, www.d.io (e.io/f).": "see ! and , ( ).",
    "[named](https://x.io/a) 24/7 and/or 1.5/2": "named 24/7 and/or 1.5/2",
    "zero\u200bwidth \u00a0 a\0b\ud800": "zerowidth a\ufffdb\ufffd",
    "": "",
}


@pytest.mark.parametrize(("raw", "text"), FORMS.items())
def test_a_text_has_its_form(raw, text):
    assert text_form(raw).text == text


@given(st.text(st.sampled_from("ab<>&;\"' !#x[]()/.:`\n1") | st.characters()))
def test_escaping_once_or_twice_changes_no_form(raw):
    once = html.escape(raw)
    assert text_form(once) == text_form(raw) == text_form(html.escape(once))


@given(st.lists(st.sampled_from(["hodl", "&", "5 < 6", "don't"]), min_size=1))
def test_wrapping_changes_no_form(words):
    escaped = [html.escape(word) for word in words]
    plain = text_form(" ".join(words))
    assert text_form(f"<p>{'<br />'.join(escaped)}</p>") == plain
    assert text_form(f"<div class='a'>\n {' </i><i> '.join(escaped)}\n</div>") == plain


def test_links_are_counted_by_address_and_left_out():
    form = text_form(
        '<a href="https://x.io/1?a=1&amp;b=2">https://x.io/1?a=1&amp;b=2</a>'
        ' <img src="https://x.io/i.png"> www.y.io [z](https://z.io/) https://z.io'
    )
    assert (form.text, form.links_count) == ("z", 3)


def test_a_long_text_is_cut():
    assert len(text_form("word " * LONGEST).text) <= LONGEST


@pytest.mark.parametrize(
    "part",
    ["<!--", "<a x='", "&amp;", "`", "[a", "a.", ">\n", "<p ", "<a x=y", "[a](b", "! "],
)
def test_hostile_text_takes_time_that_grows_with_its_length(part):
    times = []
    for count in (20_000, 80_000):
        began = time.process_time()
        text_form(part * count)
        times.append(time.process_time() - began)
    assert times[1] < 8 * times[0] + 0.5
