"""An archive by DICOMweb: QIDO-RS to ask, WADO-RS to fetch (PS3.18 sections 10.6 and 10.4).

dicomweb-client asks. Objects are taken as the bytes that came: the library
would decode each and write it anew.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from dicomweb_client import DICOMwebClient

from alara.errors import ConfigError, NetworkError, PeerUnavailable
from alara.node.archive import DOSE_CLASSES, Found, Retrieved, Series, Take, TooManyAnswers, Window, is_uid
from alara.peers import Credentials, Peer

__all__ = ["WebArchive"]

# Tags of the DICOM JSON model.
_STUDY: Final = "0020000D"
_SERIES: Final = "0020000E"
_OBJECT: Final = "00080018"
_SOP_CLASS: Final = "00080016"
_MODALITY: Final = "00080060"
_MODALITIES: Final = "00080061"
_NUMBER: Final = "00201209"

_MAY_PASS: Final = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
#: PS3.18 Table 8.5-1 lets a server say 413 of a search with too many results.
_TOO_MANY: Final = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_LARGEST_BYTES: Final = 64 << 20

_Answer = dict[str, dict[str, Any]]


class WebArchive:
    """An :class:`~alara.node.archive.Archive` that speaks DICOMweb.

    Raises
    ------
    ConfigError
        When credentials would go out in the clear.
    """

    def __init__(self, peer: Peer, *, take: Take, credentials: Credentials, timeout_s: float = 60.0) -> None:
        if credentials and urlsplit(peer.url).scheme == "http" and not _is_loopback(urlsplit(peer.url).hostname or ""):
            raise ConfigError(
                f"Credentials for {peer.name} would go over the network in the clear.",
                hint=f"Give [peers.{peer.name}] an https URL.",
            )
        self._peer, self._take, self._credentials, self._timeout_s = peer, take, credentials, timeout_s
        self._asks_modalities = True
        self._client = self._connect()

    def check(self) -> None:
        self._ask(self._client.search_for_studies, limit=1, search_filters={"StudyDate": "19000101"})

    def studies(self, window: Window, modality: str) -> list[str]:
        filters = {"StudyDate": window.dicom_date}
        if window.dicom_time:
            filters["StudyTime"] = window.dicom_time
        if self._asks_modalities:
            try:
                return self._studies(filters | {"ModalitiesInStudy": modality}, modality)
            except _Refused:
                self._asks_modalities = False
        return self._studies(filters, modality)

    def series(self, study_uid: str, modality: str) -> list[Series]:
        answers = self._all(
            self._client.search_for_series,
            study_instance_uid=study_uid,
            fields=[_NUMBER],
            search_filters={"Modality": modality},
        )
        return [
            Series(study_uid, _uid(answer, _SERIES), _number(answer))
            for answer in answers
            if modality in (_values(answer, _MODALITY) or [modality])
        ]

    def objects(self, series: Series) -> list[Found]:
        answers = self._all(
            self._client.search_for_instances,
            study_instance_uid=series.study_uid,
            series_instance_uid=series.uid,
            fields=[_SOP_CLASS],
        )
        found = [Found(series, _uid(answer, _OBJECT), "".join(_values(answer, _SOP_CLASS)[:1])) for answer in answers]
        return [one for one in found if one.sop_class_uid in ("", *DOSE_CLASSES)] if found else [Found(series)]

    def retrieve(self, found: Found) -> Retrieved:
        """Fetch an object, or a series when its objects are not known."""
        uids = {"study_instance_uid": found.series.study_uid, "series_instance_uid": found.series.uid}
        try:
            if found.uid:
                parts = [self._ask(self._client.retrieve_instance, sop_instance_uid=found.uid, **uids)]
            else:
                parts = list(self._ask(self._client.retrieve_series, **uids))
        except _Refused as error:
            return Retrieved(0, f"the archive answered {error.status}")
        if any(len(part) > _LARGEST_BYTES for part in parts):
            return Retrieved(0, f"it is larger than {_LARGEST_BYTES} bytes")
        for part in parts:
            self._take(bytes(part))
        return Retrieved(len(parts)) if parts else Retrieved(0, "the archive sent nothing")

    def close(self) -> None:
        self._client.close()

    def _connect(self) -> _Client:
        session = requests.Session()
        session.auth = _Authorisation(self._credentials) if self._credentials else None
        if self._peer.ca_file:
            session.verify = self._peer.ca_file
        client = _Client(self._peer.url, session=session, timeout=self._timeout_s, permissive_uid=True)
        client.set_http_retry_params(retry=False)  # trying again is for who asks: it must be able to stop
        return client

    def _studies(self, filters: dict[str, str], modality: str) -> list[str]:
        answers = self._all(self._client.search_for_studies, fields=[_MODALITIES], search_filters=filters)
        return [_uid(answer, _STUDY) for answer in answers if modality in (_values(answer, _MODALITIES) or [modality])]

    def _all(self, search: Any, **arguments: Any) -> list[_Answer]:
        """Every answer to a search, page by page; a server that gives the same page again has no more.

        The server chooses how long a page is: Orthanc answers a limit together with an offset with nothing.
        """
        found: dict[str, _Answer] = {}
        while True:
            page: list[_Answer] = self._ask(search, offset=len(found), **arguments)
            fresh = {str(answer): answer for answer in page}
            fresh = {key: answer for key, answer in fresh.items() if key not in found}
            found |= fresh
            if 0 < self._peer.most_answers <= len(found):
                raise TooManyAnswers(f"{self._peer.name} has more than it answers at once.")
            if not fresh:
                return list(found.values())

    def _ask(self, request: Any, **arguments: Any) -> Any:
        """One request, its failures as ours. Nothing of what the server says in words is repeated."""
        name, url = self._peer.name, self._peer.url
        where = url if name == url else f"{name} at {url}"
        try:
            return request(**arguments)
        except requests.HTTPError as error:
            raise self._http_error(error.response.status_code if error.response is not None else 0) from error
        except requests.exceptions.SSLError as error:
            raise NetworkError(
                f"The certificate of {name} is not one that is trusted here.",
                hint=f'ca_file = "…" in [peers.{name}] names the certificate of its authority.',
            ) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise PeerUnavailable(
                f"{where} cannot be reached or does not answer in time.",
                hint="Check the URL, that the server runs, and the firewalls between.",
            ) from error
        except (requests.RequestException, ValueError, KeyError, AttributeError, TypeError) as error:
            raise NetworkError(
                f"{where} does not answer as DICOMweb does.",
                hint="The URL is that of the service, often ending in /dicom-web or /rs.",
            ) from error

    def _http_error(self, code: int) -> NetworkError:
        name, status = self._peer.name, _status(code)
        if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            variable = f"ALARA_PEER_{name.upper().replace('-', '_')}"
            return NetworkError(
                f"{name} does not let us in: it answered {status}.",
                hint=f"{variable}_TOKEN, or {variable}_USER and {variable}_PASSWORD, or a credentials file.",
            )
        if code == _TOO_MANY:
            return TooManyAnswers(f"{name} has more than it answers at once.")
        if code in _MAY_PASS:
            return PeerUnavailable(f"{name} answered {status}.", hint="The same command goes on where it stopped.")
        return _Refused(f"{name} answered {status}.", status, hint="Is the URL that of its DICOMweb service?")


class _Refused(NetworkError):
    """The server answered this one request with a refusal."""

    def __init__(self, message: str, status: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class _Client(DICOMwebClient):
    """dicomweb-client, giving the parts of an answer as they came instead of as decoded datasets."""

    def _http_get_multipart_application_dicom(  # type: ignore[override]
        self, url: str, media_types: Any = None, params: dict[str, Any] | None = None, stream: bool = False
    ) -> Iterator[bytes]:
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        response = self._http_get(url, params=params, headers={"Accept": accept})
        if response.headers.get("Content-Type", "").startswith("application/dicom"):
            return iter([response.content])  # one object without its envelope, as some servers send it
        return iter(self._decode_multipart_message(response, stream=False))

    def close(self) -> None:
        self._session.close()


class _Authorisation(requests.auth.AuthBase):
    """Puts the credentials on each request to this server; on a redirect elsewhere requests takes them off."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._credentials.token:
            request.headers["Authorization"] = f"Bearer {self._credentials.token}"
            return request
        return requests.auth.HTTPBasicAuth(self._credentials.user, self._credentials.password)(request)


def _uid(answer: _Answer, tag: str) -> str:
    """A UID that can be asked for; empty when the archive gives none."""
    uid = "".join(_values(answer, tag)[:1])
    return uid if is_uid(uid) else ""


def _values(answer: _Answer, tag: str) -> list[str]:
    """The values of an attribute in the DICOM JSON model (PS3.18 section F.2); none when it is absent."""
    values = answer.get(tag, {}).get("Value", [])
    return [str(value).strip() for value in values if str(value).strip()]


def _number(answer: _Answer) -> int | None:
    text = "".join(_values(answer, _NUMBER)[:1])
    return int(text) if text.isdecimal() else None


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
