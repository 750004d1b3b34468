"""One frozen :class:`Config`: file < environment < flag, and where each value came from.

A setting has one name everywhere: ``data_dir`` in ``alara.toml``,
``ALARA_DATA_DIR`` in the environment, ``--data-dir`` on the command line.
Whatever is wrong in any of the three is told at once.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alara.errors import ConfigError
from alara.peers import Peer, PeersError, as_text, parse_peers

__all__ = ["Config", "ae_title", "config_file", "config_places", "load", "settings"]

_DEFAULT_SITE = "main"
#: Settings that a table of a site cannot have: its name is the table's, and peers are everyone's.
_NOT_OF_A_SITE = ("site", "peers")
_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def _optional_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value.strip()


def _port(value: object) -> int:
    if isinstance(value, bool) or not str(value).isdecimal() or not 0 <= int(str(value)) <= 65535:
        raise ValueError("must be a port number from 0 (any free port) to 65535")
    return int(str(value))


def _count(value: object) -> int:
    if isinstance(value, bool) or not str(value).isdecimal() or int(str(value)) < 1:
        raise ValueError("must be a whole number from 1")
    return int(str(value))


def _count_or_none(value: object) -> int:
    return 0 if str(value) == "0" else _count(value)


def _host(value: object) -> str:
    text = _text(value)
    if re.fullmatch(r"[\d.]+|.*:.*", text):
        ipaddress.ip_address(text)
    return text


def ae_title(value: object) -> str:
    text = _text(value)
    if not _AE_TITLE.fullmatch(text):
        raise ValueError("must be an AE title: 1 to 16 characters without a backslash")
    return text


def _ae_titles(value: object) -> tuple[str, ...]:
    """AE titles as a list, or as a text with commas between."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise ValueError("must be a list of AE titles")
    return tuple(ae_title(part) for part in parts if part != "")


def _networks(value: object) -> tuple[str, ...]:
    """Addresses and networks as a list, or as a text with commas between; 10.1.2.3/24 is the network 10.1.2.0/24."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise ValueError("must be a list of addresses and networks (10.1.2.3, 10.1.2.0/24)")
    try:
        return tuple(str(ipaddress.ip_network(str(part).strip(), strict=False)) for part in parts if part != "")
    except ValueError as error:
        raise ValueError(f"must be addresses and networks: {error}") from error


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError("must be true or false")
    return words[str(value).lower()]


def _peers(value: object) -> Mapping[str, Peer]:
    return parse_peers(value, {"aet": ae_title, "host": _host, "port": _port, "count": _count, "flag": _flag})


def _path(value: object) -> Path:
    return Path(_text(str(value) if isinstance(value, Path) else value)).expanduser()


def _optional_path(value: object) -> Path | None:
    return None if value == "" else _path(value)


def _home(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "alara"


def _setting(parse: Callable[[Any], Any], meaning: str, default: Any) -> Any:
    metadata = {"parse": parse, "meaning": meaning}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting, checked; ``sources`` tells for each name where its value came from."""

    site: str = _setting(_text, "name of this site, on every row and page", _DEFAULT_SITE)
    host: str = _setting(_host, "address that the node listens on", "0.0.0.0")  # noqa: S104 - C-arms call from outside
    port: int = _setting(_port, "TCP port that the node listens on", 11112)
    aet: str = _setting(ae_title, "AE title of the node", "ALARA")
    require_called_aet: bool = _setting(_flag, "refuse callers that address another AE title", False)
    allowed_calling: tuple[str, ...] = _setting(_ae_titles, "AE titles that may send; empty is all", ())
    allowed_addresses: tuple[str, ...] = _setting(
        _networks, "addresses and networks that may connect (10.1.2.0/24); empty is all", ()
    )
    max_associations: int = _setting(_count, "associations served at the same time", 64)
    max_associations_per_address: int = _setting(_count, "of these, at most so many from one address", 16)
    tls_certificate: Path | None = _setting(
        _optional_path, "PEM file of the node's certificate; with it every connection is TLS, empty is none", None
    )
    tls_key: Path | None = _setting(
        _optional_path, "PEM file of the certificate's key; empty where the certificate's file holds it", None
    )
    tls_client_ca: Path | None = _setting(
        _optional_path, "PEM file of the authorities whose certificates callers must show; empty asks for none", None
    )
    peers: Mapping[str, Peer] = _setting(
        _peers, "other nodes by name: tables [peers.NAME] of the file", lambda: MappingProxyType({})
    )
    report_port: int = _setting(
        _port, "port that reports of storage commitment go to where no peer has the caller's AE title", 104
    )
    data_dir: Path = _setting(
        _path, "folder of the inbox and the SQLite database", lambda: _home("XDG_DATA_HOME", ".local/share")
    )
    database: str = _setting(
        _optional_text, "SQLite file or SQLAlchemy URL; empty is alara.sqlite in the data folder", ""
    )
    key_file: Path = _setting(
        _path,
        "secret of the pseudonyms; keep it outside the data folder and back it up",
        lambda: _home("XDG_CONFIG_HOME", ".config") / "pseudonym.key",
    )
    policy: str = _setting(
        _text, "policy that marks cases (us_forward, capacity_aware, fluoro_standard)", "capacity_aware"
    )
    log_json: bool = _setting(_flag, "log JSON, one object a line, instead of text", False)
    metrics_port: int = _setting(_port, "port of the metrics for Prometheus, on this machine alone; 0 is none", 0)
    silent_days: int = _setting(_count, "days without a report after which a usually busy C-arm is silent", 5)
    backlog_minutes: int = _setting(_count, "minutes that a report may wait in the inbox to be read", 10)
    low_disk_gib: int = _setting(_count, "GiB of free disk below which the disk is low", 1)
    background: str = _setting(_text, "background level of `days of natural background`", "us_ncrp160")
    knowledge: str = _setting(
        _optional_text, "folder of the site's own knowledge files; empty is `knowledge` in the data folder, if any", ""
    )
    slots_per_week: int = _setting(
        _count_or_none, "slots of ultrasound each week, for `alara plan` and the audit's page; 0 is no plan", 0
    )
    plan_weights: str = _setting(_text, "weights of that plan (age-sex, sex-blind, unit)", "age-sex")
    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    _elsewhere: Callable[[str], Config] | None = field(default=None, repr=False, compare=False)

    def of_site(self, name: str) -> Config:
        """The settings as they are at another site: its own table of the file in place of this one's.

        What the environment or a flag says holds for every site.
        """
        if name == self.site:
            return self
        return replace(self, site=name) if self._elsewhere is None else self._elsewhere(name)

    @property
    def database_url(self) -> str:
        """The database as a SQLAlchemy URL; a setting that is a path names a SQLite file."""
        if "://" in self.database:
            return self.database
        return f"sqlite:///{Path(self.database or self.data_dir / 'alara.sqlite').expanduser().absolute()}"

    @property
    def flags(self) -> str:
        """What to add to a command so that it speaks of the same data from any folder; empty for the defaults.

        The URL of a server is left out: it may hold a password, and this goes to the screen.
        """
        flags = ""
        if self.sources.get("data_dir", "default") != "default":
            flags += f" --data-dir {shlex.quote(str(self.data_dir.absolute()))}"
        if self.database and "://" not in self.database:
            flags += f" --database {shlex.quote(str(Path(self.database).expanduser().absolute()))}"
        return flags

    @property
    def knowledge_dir(self) -> Path:
        """Where the site's own knowledge files are, or would be."""
        return (Path(self.knowledge).expanduser() if self.knowledge else self.data_dir / "knowledge").absolute()

    @property
    def overlay(self) -> Path | None:
        """The site's own knowledge files; ``None`` when no folder is named and there is none."""
        return self.knowledge_dir if self.knowledge or self.knowledge_dir.is_dir() else None

    @property
    def inbox_dir(self) -> Path:
        return self.data_dir / "inbox"

    @property
    def node_dir(self) -> Path:
        """What the node itself remembers: steps that run, reports to deliver, callers it refused."""
        return self.data_dir / "node"

    def environ(self) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        values = {name: getattr(self, name) for name in settings()}
        return {f"ALARA_{name.upper()}": _as_text(value) for name, value in values.items()} | {
            "ALARA_PEERS": as_text(self.peers)
        }


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def settings() -> dict[str, str]:
    """Every setting's name and meaning, in the order in which people think of them."""
    return {f.name: f.metadata["meaning"] for f in fields(Config) if "parse" in f.metadata}


def config_file(environ: Mapping[str, str]) -> Path | None:
    """The file that applies: ``ALARA_CONFIG``, else ``./alara.toml``, else the user's; ``None`` without one."""
    if named := environ.get("ALARA_CONFIG"):
        return Path(named).expanduser()
    return next((path for path in config_places() if path.is_file()), None)


def config_places() -> tuple[Path, ...]:
    """Where a settings file is looked for that nobody has named, the first one first."""
    return Path("alara.toml"), _home("XDG_CONFIG_HOME", ".config") / "alara.toml"


def load(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Config:
    """Settings from a TOML file, then the environment, then flags; a flag that is ``None`` was not given.

    The table ``[sites.NAME]`` of the file holds what is otherwise at the site of that name: it stands above the rest
    of the file and below the environment.

    Raises
    ------
    ConfigError
        With every unknown name and every wrong value, each with its origin.
    """
    environ = os.environ if environ is None else environ
    file = file or config_file(environ)
    errors: list[str] = []
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for origin, given in _layers(flags or {}, environ, file, errors):
        for name, raw in given.items():
            parse = next((f.metadata["parse"] for f in fields(Config) if f.name == name and f.metadata), None)
            if parse is None:
                errors.append(f"{origin}: there is no setting {name!r}")
                continue
            try:
                values[name] = parse(raw)
                sources[name] = origin
            except PeersError as error:
                errors.append(f"{origin}: {error}")
            except ValueError as error:
                errors.append(f"{origin}: {name} {error}, not {raw!r}")
    if errors:
        raise ConfigError("; ".join(errors) + ".", hint="The settings and their meaning: alara doctor --settings")
    return Config(
        **values,
        sources=MappingProxyType({name: sources.get(name, "default") for name in settings()}),
        _elsewhere=partial(_at_site, dict(flags or {}), dict(environ), file),
    )


def _at_site(flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None, site: str) -> Config:
    return load({**flags, "site": site}, environ, file)


def _layers(
    flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None, errors: list[str]
) -> list[tuple[str, Mapping[str, object]]]:
    layers: list[tuple[str, Mapping[str, object]]] = []
    sites: Mapping[str, Mapping[str, object]] = {}
    if file is not None:
        given = dict(_read_toml(file, errors))
        sites = _sites(given.pop("sites", {}), str(file), errors)
        layers.append((str(file), given))
    variables = {f"ALARA_{name.upper()}": name for name in settings()}
    layers.extend((key, {name: environ[key]}) for key, name in variables.items() if key in environ)
    layers.extend((f"--{name.replace('_', '-')}", {name: raw}) for name, raw in flags.items() if raw is not None)
    named = [layer["site"] for _, layer in layers if "site" in layer]
    site = str(named[-1]).strip() if named else _DEFAULT_SITE
    if site in sites:
        layers.insert(1, (f"{file} [sites.{site}]", sites[site]))
    return layers


def _sites(tables: object, file: str, errors: list[str]) -> Mapping[str, Mapping[str, object]]:
    """The tables of the sites, each checked, also those of other sites than the one that is asked for."""
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        errors.append(f"{file}: sites must be tables [sites.NAME]")
        return {}
    known = {
        f.name: f.metadata["parse"] for f in fields(Config) if "parse" in f.metadata and f.name not in _NOT_OF_A_SITE
    }
    for site, table in tables.items():
        for name, raw in table.items():
            if name not in known:
                errors.append(f"{file} [sites.{site}]: there is no setting {name!r} of a site")
                continue
            try:
                known[name](raw)
            except ValueError as error:
                errors.append(f"{file} [sites.{site}]: {name} {error}, not {raw!r}")
    return {} if errors else tables


def _read_toml(file: Path, errors: list[str]) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        errors.append(f"{file}: cannot be read ({error.strerror})")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        errors.append(f"{file}: is not TOML ({error})")
    return {}
