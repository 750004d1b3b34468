"""Questions about what is there: procedures, one case, the addresses of this machine."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alara.app.audit_source import no_procedures
from alara.config import Config
from alara.errors import NothingFound
from alara.store import ProcedureDetail, Store

if TYPE_CHECKING:
    import pandas as pd

    from alara.audit import Period

__all__ = ["case", "own_addresses", "procedures", "report_uids"]


_SIOCGIFADDR = 0x8915


def report_uids(config: Config) -> Iterator[str]:
    """The SOP Instance UID of every report in the database."""
    with Store.open(config.database_url, create=False) as store:
        yield from store.report_uids()


def procedures(config: Config, period: Period, site: str | None = None) -> pd.DataFrame:
    """The procedures of a period at one site or every site, oldest first: the columns of ``Store.procedures``.

    Raises
    ------
    NothingFound
        When a site is named that has none then.
    """
    with Store.open(config.database_url, create=False) as store:
        if site is not None and site not in store.sites_between(period.start, period.end):
            raise no_procedures(store, period, site)
        return store.procedures(period.start, period.end, site=site)


def case(config: Config, case_id: str) -> ProcedureDetail:
    """Everything about one case.

    Raises
    ------
    NothingFound
        When there is no case of that id.
    """
    with Store.open(config.database_url, create=False) as store:
        detail = store.procedure(case_id)
    if detail is None:
        raise NothingFound(f"There is no case {case_id!r}.", hint="alara list shows case ids.")
    return detail


def own_addresses() -> list[str]:
    """The IPv4 addresses of this machine, loopback only where there is no other; nothing is sent."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    except OSError:
        found = set()
    found |= set(_interface_addresses())
    outside = sorted(address for address in found if not address.startswith("127."))
    return outside or ["127.0.0.1"]


def _interface_addresses() -> Iterator[str]:
    """The address of each network interface, as Linux tells it (netdevice(7)); nothing elsewhere."""
    if not sys.platform.startswith("linux"):
        return
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            request = name.encode()[:15].ljust(256, b"\0")
            with contextlib.suppress(OSError):
                yield socket.inet_ntoa(fcntl.ioctl(any_socket, _SIOCGIFADDR, request)[20:24])
