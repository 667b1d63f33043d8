"""Evidence made in code: whole, small files that open in any viewer and say that they are invented.

Lives here: a one-page PDF and a PNG. Not here: which report has which (`plan`).
"""

import struct
import zlib
from random import Random

_SIDE = 24


def pdf(lines: list[str]) -> bytes:
    """A one-page PDF 1.4 with these lines of ASCII text."""
    shown = " ".join(f"({line}) Tj T*" for line in map(_escaped, lines))
    content = f"BT /F1 12 Tf 16 TL 56 780 Td {shown} ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R /Resources %b >>"
        % (b"[0 0 595 842]", b"<< /Font << /F1 5 0 R >> >>"),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, rows, size, len(body))
    )


def png(dice: Random) -> bytes:
    """A small picture of grey squares: a stand-in for a photo of a receipt."""
    rows = b"".join(
        b"\x00" + bytes(dice.choice((96, 160, 224)) for _ in range(_SIDE)) for _ in range(_SIDE)
    )
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
