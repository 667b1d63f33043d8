"""Files that people send: what is taken, told by their content and not by their name."""

from registry.platform.characters import drop_unseen
from registry.platform.errors import InvalidValues, TooLarge, UnsupportedMedia
from registry.platform.faults import Fault

LARGEST = 10 * 1024 * 1024
LONGEST_NAME = 200


class FileTypeRefused(UnsupportedMedia):
    """By its content it is no PDF, JPEG or PNG."""

    slug, title = "file-type-refused", "Only PDF, JPEG and PNG files are taken"


def check(content: bytes) -> str:
    """The media type of a file that may be kept; raises what is wrong with it."""
    if not content:
        raise InvalidValues("The file is empty.", errors=[Fault("/file", "is empty")])
    if len(content) > LARGEST:
        raise TooLarge("A file may have 10 MiB at most.")
    found = media_type(content)
    if found is None:
        raise FileTypeRefused("By its content this is neither a PDF nor a JPEG nor a PNG file.")
    return found


def printable(file_name: str) -> str:
    """A file name as it may be shown: its last part, without control characters and what nobody sees."""
    last = drop_unseen(file_name.replace("\\", "/").rsplit("/", 1)[-1])
    return "".join(c for c in last if c.isprintable())[:LONGEST_NAME] or "file"


#: Allowed files by their first bytes.
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
#: A PDF's header may stand anywhere in its first kilobyte (ISO 32000, annex H).
_PDF_WINDOW = 1024


def media_type(content: bytes) -> str | None:
    """The type of a file by its content, or None when it is none of the allowed ones."""
    for signature, name in _SIGNATURES:
        if content.startswith(signature):
            return name
    return "application/pdf" if b"%PDF-" in content[:_PDF_WINDOW] else None
