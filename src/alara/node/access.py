"""Who may call: by address, by the AE title that a caller gives itself, and by the one that it calls.

The node's own machine under the node's own title is always let in: that is
``alara status --check``, which must not fail because the C-arms have a list.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alara.node.settings import NodeSettings

__all__ = ["Access", "Rejection"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Result, source and diagnostic of an A-ASSOCIATE-RJ (PS3.8 Table 9-21), and why in words."""

    result: int
    source: int
    diagnostic: int
    why: str


_NO_REASON_GIVEN: Final = (1, 1, 1)
_CALLING_NOT_RECOGNISED: Final = (1, 1, 3)
_CALLED_NOT_RECOGNISED: Final = (1, 1, 7)


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
        return "" if any(ip in network for network in self._networks) else f"address {ip} is not allowed"

    def refuses(self, address: str, calling: str, called: str, *, is_local: bool) -> Rejection | None:
        """Why a request for an association is refused; ``None`` when it is not.

        Of another machine the address was asked for before; one of this machine gets as far as its titles.
        """
        if is_local:
            if calling == called == self._settings.aet:
                return None
            if why := self.refuses_address(address):
                return Rejection(*_NO_REASON_GIVEN, why=why)
        if self._settings.require_called_aet and called != self._settings.aet:
            return Rejection(*_CALLED_NOT_RECOGNISED, why=f"called AE was {called}")
        if self._settings.allowed_calling and calling not in self._settings.allowed_calling:
            return Rejection(*_CALLING_NOT_RECOGNISED, why=f"calling AE {calling} is not allowed")
        return None
