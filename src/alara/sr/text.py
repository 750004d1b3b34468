"""Text in the character set of its dataset (PS3.5 6.1, PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import re
import warnings
from typing import Final

__all__ = ["TextDecoder"]

_ESCAPE: Final = b"\x1b"
_PADDING: Final = " \0"
_REPLACEMENT: Final = "\ufffd"
#: What no text may hold: control characters but for tab and the ends of lines, and halves of characters.
_UNPRINTABLE: Final = dict.fromkeys(
    (*range(0x09), 0x0B, *range(0x0E, 0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), _REPLACEMENT
)
#: Far beyond any text of a report; a longer one is not taken apart at its escapes, and so marked.
_LONGEST_WITH_ESCAPES: Final = 1024 * 1024
#: pydicom's codec for the default repertoire, which is ASCII alone.
_DEFAULT: Final = "iso8859"
#: Its codec for ISO_IR 100, which some declare and send UTF-8.
_LATIN_1: Final = "latin_1"
#: The codecs of the two character sets that most reports declare.
USUAL: Final = {"ISO_IR 100": _LATIN_1, "ISO_IR 192": "UTF8"}


class TextDecoder:
    """From bytes to text; counts the texts that were not valid in the declared character set (``invalid``).

    ``beyond_ascii`` counts the texts that another dataset might read otherwise.

    Parameters
    ----------
    declared
        Specific Character Set (0008,0005) as sent; its values stand with ``\\`` between.
    """

    def __init__(self, declared: str = "") -> None:
        self.declared = declared
        self.invalid = 0
        self.beyond_ascii = 0
        self._encodings: list[str] | None = None

    def __call__(self, raw: bytes) -> str:
        """The text without its padding; what cannot be read is marked with U+FFFD."""
        try:
            text = raw.decode("ascii").strip(_PADDING)
            if text.isprintable():
                return text
            if _ESCAPE in raw:
                text = self._decode(raw).strip(_PADDING)
        except UnicodeDecodeError:
            text = self._decode(raw).strip(_PADDING)
        self.beyond_ascii += 1
        text = text.translate(_UNPRINTABLE)
        if _REPLACEMENT in text:
            self.invalid += 1
        return text

    def aside(self, raw: bytes) -> str:
        """The text of what nobody relies on, the meaning of a code: marked the same, but not counted."""
        invalid = self.invalid
        text = self(raw)
        self.invalid = invalid
        return text

    def _decode(self, raw: bytes) -> str:
        if self._encodings is None:
            self._encodings = _python_encodings(self.declared)
        if _ESCAPE in raw and len(self._encodings) > 1 and len(raw) <= _LONGEST_WITH_ESCAPES:
            return _with_escapes(raw, self._encodings)
        if not self._encodings or self._encodings[0] == _DEFAULT:
            return self._guess(raw)
        if self._encodings[0] == _LATIN_1 and (text := _as_utf8(raw)) is not None:
            self.invalid += 1  # a wrong declaration: Latin-1 that is UTF-8 by chance has no words in it
            return text
        return raw.decode(self._encodings[0], "replace")

    def _guess(self, raw: bytes) -> str:
        """Text beyond ASCII under no declared character set: UTF-8 when it is that, else Latin-1; counted."""
        self.invalid += 1
        text = _as_utf8(raw)
        return text if text is not None else raw.decode(_LATIN_1)


def _with_escapes(raw: bytes, encodings: list[str]) -> str:
    from pydicom.charset import decode_bytes
    from pydicom.valuerep import TEXT_VR_DELIMS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return decode_bytes(raw, encodings, TEXT_VR_DELIMS)


def _as_utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _python_encodings(declared: str) -> list[str]:
    """The codecs of the declared character sets, with the spellings seen put right; none when none is known."""
    if declared.strip(_PADDING) in USUAL:
        return [USUAL[declared.strip(_PADDING)]]
    # pydicom knows all character sets; it takes as long to import as all else, so only where a text needs it
    from pydicom.charset import python_encoding

    encodings: list[str] = []
    for value in declared.split("\\"):
        name = re.sub(r"^ISO[ _-]?IR[ _-]", "ISO_IR ", value.strip())
        name = re.sub(r"^ISO[ _-]2022[ _-]IR[ _-]", "ISO 2022 IR ", name)
        if name in python_encoding:
            encodings.append(python_encoding[name])
    return encodings if declared.strip(_PADDING + "\\") else []
