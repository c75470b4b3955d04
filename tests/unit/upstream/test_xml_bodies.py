"""XML that declares anything of its own is refused, in whatever encoding it comes."""

import pytest

from pipelines.errors import BadDataError
from pipelines.upstream.xml_bodies import xml_text

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    '<!ENTITY lol2 "&lol;&lol;">]><rss><t>&lol2;</t></rss>'
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "<!DOCTYPE rss [<!ELEMENT rss ANY>]><rss/>",
        '<!doctype rss SYSTEM "a" [ ]><rss/>',
        '<rss><![CDATA[<!ENTITY a "b">]]></rss>',
        '<! ENTITY a SYSTEM "file:///etc/passwd"><rss/>',
    ],
)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "windows-1252"]
)
def test_an_entity_or_an_internal_subset_is_refused(text, encoding):
    prolog = "<?xml version='1.0'?>" if encoding == "utf-16-le" else ""
    body = (prolog + text.removeprefix('<?xml version="1.0"?>')).encode(encoding)
    with pytest.raises(BadDataError, match="entities of its own"):
        xml_text(body, "text/xml; charset=utf-7")


def test_what_another_codec_would_hide_is_never_read_by_it():
    hidden = b'<?xml version="1.0" encoding="utf-7"?>+ADw-!ENTITY a "b"+AD4-'
    read = xml_text(hidden, "text/xml; charset=utf-7")
    assert "<!ENTITY" not in read.text
    assert read.mended == "declared as utf-7, read as utf-8"


def test_a_plain_doctype_is_read():
    dtd = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://a/b.dtd">'
    assert xml_text(f"{dtd}<rss/>".encode()).text == f"{dtd}<rss/>"


@pytest.mark.parametrize(
    ("body", "content_type", "text", "mended"),
    [
        ("<a>é</a>".encode(), "", "<a>é</a>", None),
        ("<a>é</a>".encode(), "text/xml; charset=UTF-8", "<a>é</a>", None),
        (b"<a>e</a>", "text/xml; charset=iso-8859-1", "<a>e</a>", None),
        (
            "<a>é</a>".encode(),
            "text/xml; charset=iso-8859-1",
            "<a>é</a>",
            "declared as iso-8859-1, read as utf-8",
        ),
        ("<a>é</a>".encode("latin-1"), "text/xml; charset=latin-1", "<a>é</a>", None),
        (
            "<?xml version='1.0' encoding='iso-8859-15'?><a>€</a>".encode(
                "iso-8859-15"
            ),
            "application/rss+xml",
            "<a>€</a>",
            None,
        ),
        (
            "<?xml version='1.0' encoding='utf-8'?><a>“</a>".encode("cp1252"),
            "",
            "<a>“</a>",
            "declared as utf-8, read as windows-1252",
        ),
        ("<a>é</a>".encode("utf-16"), "text/xml; charset=utf-8", "<a>é</a>", None),
    ],
)
def test_a_charset_is_believed_where_it_can_be(body, content_type, text, mended):
    assert xml_text(body, content_type) == (text, mended)


def test_what_is_no_text_is_refused():
    with pytest.raises(BadDataError, match="utf-16-le"):
        xml_text(b"\xff\xfe\x00\xd8\x00")
