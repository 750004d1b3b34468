"""Where fetched objects land: in the inbox, by our own hands or by a node that an archive sends to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property

from alara.app.credentials import credentials_of
from alara.app.receive import NODE_NOTE, node_settings, tls_files
from alara.app.site_notes import SiteNotes
from alara.config import Config
from alara.errors import ConfigError
from alara.extras import install
from alara.inbox import Inbox
from alara.node import EventKind, Node, NodeEvent
from alara.node.archive import Archive, Take
from alara.node.tls import peer_context
from alara.peers import Peer

__all__ = ["Landing", "open_archive"]


class Landing:
    """The inbox of an installation, and the digests of what came since it was last asked."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._digests: list[str] = []
        #: Whether a node holds the inbox: its own process then reads what comes.
        self.has_node = config.inbox_dir.exists() and bool(self._inbox.holder())

    @cached_property
    def _inbox(self) -> Inbox:
        return Inbox(self._config.inbox_dir, before=SiteNotes(self._config).note)

    def take(self, data: bytes) -> None:
        """Put an object into the inbox; durable on return."""
        receipt = self._inbox.put(data)
        if receipt.waiting:
            self._digests.append(receipt.digest)

    def drain(self) -> list[str]:
        """Digests of what came and is to be read."""
        digests, self._digests = self._digests, []
        return digests

    @contextmanager
    def receiving(self) -> Iterator[str]:
        """The AE title of a node that is up: the one that runs here, else one of our own for as long as this lasts.

        Raises
        ------
        NetworkError
            When the port of the node cannot be had.
        """
        if self.has_node:
            yield self._running_title()
            return
        with self._inbox.lock(), Node(node_settings(self._config), self._inbox, self._note):
            yield self._config.aet

    def _running_title(self) -> str:
        try:
            return str(json.loads((self._config.data_dir / NODE_NOTE).read_text())["aet"])
        except (OSError, ValueError, KeyError):
            return self._config.aet  # it is just starting

    def _note(self, event: NodeEvent) -> None:
        if event.kind is EventKind.STORED:
            self._digests.append(event.digest)


@contextmanager
def open_archive(config: Config, peer: Peer, landing: Landing, *, images: bool, receive: bool) -> Iterator[Archive]:
    """A peer as an archive that answers.

    Parameters
    ----------
    landing
        Where its objects are to go.
    images
        Whether to ask for images too.
    receive
        Whether objects are to come, so that for C-MOVE a node has to be up.

    Raises
    ------
    ConfigError
        When the peer is not set up to be asked.
    NetworkError
        When it is not there, or does not let us ask.
    """
    with ExitStack() as stack:
        if peer.url:
            archive = _web(peer, landing.take)
        else:
            destination = stack.enter_context(landing.receiving()) if receive and peer.retrieve == "move" else ""
            archive = _dicom(config, peer, landing.take, destination, images)
        stack.callback(archive.close)
        archive.check()
        yield archive


def _dicom(config: Config, peer: Peer, take: Take, destination: str, images: bool) -> Archive:
    from alara.node.retrieve import DicomArchive

    return DicomArchive(
        peer,
        calling=config.aet,
        take=take,
        destination=destination,
        images=images,
        tls=peer_context(peer, tls_files(config)),
    )


def _web(peer: Peer, take: Take) -> Archive:
    try:
        from alara.node.web import WebArchive
    except ModuleNotFoundError as error:
        raise ConfigError(
            "DICOMweb needs the package dicomweb-client, which is not installed.", hint=install("web")
        ) from error
    return WebArchive(peer, take=take, credentials=credentials_of(peer))
