"""Who may call: by address, by the AE title that a caller gives itself, and by the one that it calls.

The node's own machine under the node's own title is always let in: that is
``alara status --check``, which must not fail because the C-arms have a list.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydicom.uid import UID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pynetdicom.presentation import PresentationContext

    from alara.node.settings import NodeSettings

__all__ = ["REASONS", "TOO_MANY", "Access", "Reason", "Rejection", "takes_nothing"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a caller is not served, or what is to be known of it; X is what it said of itself.

    ``answer`` is the result, source and diagnostic of an A-ASSOCIATE-RJ (PS3.8
    Table 9-21); ``None`` where there is none, because the association is accepted.
    """

    words: str
    answer: tuple[int, int, int] | None = None

    def of(self, said: object = "") -> str:
        """The reason for one caller."""
        return self.words.replace("X", str(said), 1)

    def rejection(self, said: object = "") -> Rejection:
        """The answer to one caller."""
        assert self.answer is not None
        return Rejection(*self.answer, why=self.of(said))


@dataclass(frozen=True, slots=True)
class Rejection:
    """Result, source and diagnostic of an A-ASSOCIATE-RJ, and why in words."""

    result: int
    source: int
    diagnostic: int
    why: str


_ADDRESS: Final = Reason("address X is not allowed", (1, 1, 1))
_CALLED: Final = Reason("called AE was X", (1, 1, 7))
_CALLING: Final = Reason("calling AE X is not allowed", (1, 1, 3))
TOO_MANY: Final = Reason("too many associations", (2, 3, 2))
_NO_CLASS: Final = Reason("none of its SOP classes is taken: X")
_NO_SYNTAX: Final = Reason("none of its transfer syntaxes is taken for X")

#: All there are besides those of TLS; docs/node.md and docs/conformance.md say what each means.
REASONS: Final = (_CALLED, _CALLING, _ADDRESS, TOO_MANY, _NO_CLASS, _NO_SYNTAX)

#: So many SOP classes are named of a caller that offers none that is taken.
_MOST_NAMED: Final = 3


class Access:
    """The lists of the settings, asked for each caller. An empty list lets everybody in."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._networks = tuple(ipaddress.ip_network(text) for text in settings.allowed_addresses)

    def refuses_address(self, address: str) -> str:
        """Why an address may not connect; empty when it may."""
        if not self._networks:
            return ""
        ip = ipaddress.ip_address(address.partition("%")[0])
        # A socket for both families shows an IPv4 caller as ::ffff:10.1.2.3.
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return "" if any(ip in network for network in self._networks) else _ADDRESS.of(ip)

    def refuses(self, address: str, calling: str, called: str, *, is_local: bool) -> Rejection | None:
        """Why a request for an association is refused; ``None`` when it is not.

        Of another machine the address was asked for before; one of this machine gets as far as its titles.
        """
        if is_local:
            if self.is_own(calling, called, is_local):
                return None
            if why := self.refuses_address(address):
                return replace(_ADDRESS.rejection(), why=why)
        if self._settings.require_called_aet and called != self._settings.aet:
            return _CALLED.rejection(called)
        if self._settings.allowed_calling and calling not in self._settings.allowed_calling:
            return _CALLING.rejection(calling)
        return None

    def is_own(self, calling: str, called: str, is_local: bool) -> bool:
        """Whether the node's own machine asks under the node's own title."""
        return is_local and calling == called == self._settings.aet

    def remarks(self, called: str) -> str:
        """What is to be known of one who is let in; empty for nothing."""
        return "" if called == self._settings.aet else _CALLED.of(called)


def takes_nothing(offered: Iterable[PresentationContext], taken: Iterable[PresentationContext]) -> str:
    """Why none of the presentation contexts that a caller offers can be taken; empty when one can.

    The association is accepted all the same, with each context refused (PS3.8
    section 9.3.3.2), and the caller finds nothing to send on.
    """
    syntaxes = {str(context.abstract_syntax): set(context.transfer_syntax) for context in taken}
    classes = {str(context.abstract_syntax): set(context.transfer_syntax) for context in offered}
    known = [name for name in classes if name in syntaxes]
    if not classes or any(classes[name] & syntaxes[name] for name in known):
        return ""
    named = [UID(name).name for name in known or classes]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return (_NO_SYNTAX if known else _NO_CLASS).of(", ".join(named[:_MOST_NAMED]) + more)
