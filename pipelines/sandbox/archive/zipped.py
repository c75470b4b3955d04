"""Zip files of one member: the same bytes each time, of a size known beforehand.

A listing tells every file's size, and to make years of files in order to list them
would take minutes. So a made file has the size its number of rows is given, and the
deflated data is filled up to it with empty blocks, which every reader passes over:
https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4
"""

import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from decimal import Decimal

# Level 1 is four times as fast as the default and the files a fifth larger.
_LEVEL = 1
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
_FINAL_BLOCK = b"\x03\x00"
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _DEFLATED = 20, 8
_FROZEN_PCT = 2


def _dos_time(at_ms: int) -> tuple[int, int]:
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    time = at.hour << 11 | at.minute << 5 | at.second // 2
    return time, (at.year - 1980) << 9 | at.month << 5 | at.day


def overhead(name: str) -> int:
    """Bytes around the deflated data of a member of this name."""
    headers = _LOCAL.size + _CENTRAL.size + _END.size + 2 * len(name)
    return headers + len(_FINAL_BLOCK)


def zipped(name: str, content: bytes, at_ms: int, size: int | None = None) -> bytes:
    """A zip of one member, stamped in UTC; `size`: filled up to that many bytes.

    A content that needs more than `size` gets what it needs.
    """
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)
    rest = max((size or 0) - overhead(name) - len(data), 0)
    data += _EMPTY_BLOCK * (rest // len(_EMPTY_BLOCK)) + _FINAL_BLOCK
    comment = b" " * (rest % len(_EMPTY_BLOCK))
    member = name.encode()
    facts = (
        *(_DEFLATED, *_dos_time(at_ms), zlib.crc32(content)),
        *(len(data), len(content), len(member), 0),
    )
    local = _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, *facts) + member
    central = _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, 0, *facts, 0, 0, 0, 0, 0)
    directory = len(central) + len(member)
    end = _END.pack(
        *(b"PK\x05\x06", 0, 0, 1, 1, directory, len(local) + len(data), len(comment))
    )
    return local + data + central + member + end + comment


def changed(packed: bytes, changes: int, at_ms: int) -> bytes:
    """The file published again: one value of its middle row is `changes` higher.

    The value is the third from the left (the amount of a trade, a funding rate, a
    candle's high), in units of its last written digit.
    """
    name, lines = _lines(packed)
    middle = len(lines) // 2
    values = lines[middle].split(b",")
    values[2] = _raised(values[2].decode(), changes).encode()
    lines[middle] = b",".join(values)
    return zipped(name, b"\n".join((*lines, b"")), at_ms, len(packed))


def frozen(packed: bytes, at_ms: int) -> bytes:
    """A file of depth whose inner bands of the asks say all day what they said first.

    https://github.com/binance/binance-public-data/issues/496
    """
    name, lines = _lines(packed)
    first: dict[bytes, list[bytes]] = {}
    for n, line in enumerate(lines[1:], start=1):
        at, band, *amounts = line.split(b",")
        if 0 < float(band) <= _FROZEN_PCT:
            lines[n] = b",".join((at, band, *first.setdefault(band, amounts)))
    return zipped(name, b"\n".join((*lines, b"")), at_ms, len(packed))


def _lines(packed: bytes) -> tuple[str, list[bytes]]:
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        name = file.namelist()[0]
        return name, file.read(name).rstrip(b"\n").split(b"\n")


def _raised(text: str, units: int) -> str:
    unit = Decimal((0, (1,), -len(text.partition(".")[2])))
    return f"{Decimal(text) + units * unit:f}"
