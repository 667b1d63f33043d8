"""What is taken of files that people send."""

import pytest

from registry.platform import uploads


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\n" * 1000 + b"%PDF-1.4", "application/pdf"),
        (b"\n" * 1020 + b"%PDF-1.4", None),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\xff\xd8", None),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"\x89PNG\n\x1a\n", None),
        (b"GIF89a", None),
        (b"PK\x03\x04", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"MZ\x90\x00", None),
        (b"", None),
    ],
)
def test_the_type_is_in_the_content(content: bytes, found: str | None) -> None:
    assert uploads.media_type(content) == found
