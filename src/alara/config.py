"""One frozen :class:`Config`: file < environment < flag, and where each value came from.

A setting has one name everywhere: ``data_dir`` in ``alara.toml``,
``ALARA_DATA_DIR`` in the environment, ``--data-dir`` on the command line.
Whatever is wrong in any of the three is told at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from alara import settings_values as checked
from alara.alike import did_you_mean
from alara.commands import completed, flags_of
from alara.errors import ConfigError
from alara.peers import Peer, PeersError, as_text
from alara.settings_toml import SettingsFileError, beside, is_there, read_settings, shown, unknown

__all__ = ["Config", "config_file", "config_places", "load", "settings"]

_DEFAULT_SITE = "main"
_ALL_SETTINGS: Final = "The settings and their meaning: alara doctor --settings"
_ANOTHER_FILE: Final = "Let this user read that file, or name another in its place: --config FILE"
#: Settings that a table of a site cannot have: its name is the table's, and peers are everyone's.
_NOT_OF_A_SITE = ("site", "peers")


def _home(variable: str, fallback: str) -> Path:
    try:
        return Path(os.environ.get(variable) or Path.home() / fallback) / "alara"
    except RuntimeError as error:
        raise ConfigError(
            "This user has no home folder for the settings that were not given.",
            hint="Set HOME, or name data_dir and key_file: --data-dir, --key-file.",
        ) from error


def _setting(parse: Callable[[Any], Any], meaning: str, default: Any) -> Any:
    metadata = {"parse": parse, "meaning": meaning}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting, checked; ``sources`` tells for each name where its value came from."""

    site: str = _setting(checked.text, "name of this site, on every row and page", _DEFAULT_SITE)
    host: str = _setting(checked.host, "address that the node listens on", "0.0.0.0")  # noqa: S104 - C-arms call from outside
    port: int = _setting(checked.port, "TCP port that the node listens on", 11112)
    aet: str = _setting(checked.ae_title, "AE title of the node", "ALARA")
    require_called_aet: bool = _setting(checked.flag, "refuse callers that address another AE title", False)
    allowed_calling: tuple[str, ...] = _setting(checked.ae_titles, "AE titles that may send; empty is all", ())
    allowed_addresses: tuple[str, ...] = _setting(
        checked.networks, "addresses and networks that may connect (10.1.2.0/24); empty is all", ()
    )
    max_associations: int = _setting(checked.count, "associations served at the same time", 64)
    max_associations_per_address: int = _setting(checked.count, "of these, at most so many from one address", 16)
    tls_certificate: Path | None = _setting(
        checked.optional_path,
        "PEM file of the node's certificate; with it every connection is TLS, empty is none",
        None,
    )
    tls_key: Path | None = _setting(
        checked.optional_path, "PEM file of the certificate's key; empty where the certificate's file holds it", None
    )
    tls_client_ca: Path | None = _setting(
        checked.optional_path,
        "PEM file of the authorities whose certificates callers must show; empty asks for none",
        None,
    )
    peers: Mapping[str, Peer] = _setting(
        checked.peers, "other nodes by name: tables [peers.NAME] of the file", lambda: MappingProxyType({})
    )
    report_port: int = _setting(
        checked.port, "port that reports of storage commitment go to where no peer has the caller's AE title", 104
    )
    data_dir: Path = _setting(
        checked.path, "folder of the inbox and the SQLite database", lambda: _home("XDG_DATA_HOME", ".local/share")
    )
    database: str = _setting(
        checked.database, "SQLite file or SQLAlchemy URL; empty is alara.sqlite in the data folder", ""
    )
    key_file: Path = _setting(
        checked.path,
        "secret of the pseudonyms; keep it outside the data folder and back it up",
        lambda: _home("XDG_CONFIG_HOME", ".config") / "pseudonym.key",
    )
    operators: str = _setting(
        checked.operators,
        "keyed codes of who administered an irradiation, for a funnel by operator (off, codes)",
        "off",
    )
    policy: str = _setting(
        checked.text, "policy that marks cases (us_forward, capacity_aware, fluoro_standard)", "capacity_aware"
    )
    log_json: bool = _setting(checked.flag, "log JSON, one object a line, instead of text", False)
    metrics_port: int = _setting(
        checked.port, "port of the metrics for Prometheus, on this machine alone; 0 is none", 0
    )
    silent_days: int = _setting(checked.count, "days without a report after which a usually busy C-arm is silent", 5)
    backlog_minutes: int = _setting(checked.count, "minutes that a report may wait in the inbox to be read", 10)
    low_disk_gib: int = _setting(checked.count, "GiB of free disk below which the disk is low", 1)
    background: str = _setting(checked.text, "background level of `days of natural background`", "us_ncrp160")
    knowledge: str = _setting(
        checked.optional_text,
        "folder of the site's own knowledge files; empty is `knowledge` in the data folder, if any",
        "",
    )
    slots_per_week: int = _setting(
        checked.slots, "slots of ultrasound each week, for `alara plan` and the audit's page; 0 is no plan", 0
    )
    plan_weights: str = _setting(checked.text, "weights of that plan (age-sex, sex-blind, unit)", "age-sex")
    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    #: The settings file that was taken, absolute; ``None`` without one.
    file: Path | None = field(default=None, repr=False, compare=False)
    #: The site that the file itself is of, if it says so, and those that it has tables for; empty without tables.
    sites: tuple[str, ...] = field(default=(), repr=False, compare=False)
    _names_file: bool = field(default=False, repr=False, compare=False)
    _elsewhere: Callable[[str], Config] | None = field(default=None, repr=False, compare=False)

    def of_site(self, name: str) -> Config:
        """The settings as they are at another site: its own table of the file in place of this one's.

        What the environment or a flag says holds for every site.
        """
        if name == self.site:
            return self
        return replace(self, site=name) if self._elsewhere is None else self._elsewhere(name)

    def check_writing(self) -> None:
        """For whoever writes under the site: where the file has tables of sites, a slip must not make one more.

        Raises
        ------
        ConfigError
            When the file knows the site not, or none is named where it has tables of sites; or when another site has
            a key of its own and the same data folder, since an inbox is read under one key.
        """
        if self.sites and self.site not in self.sites:
            is_named = self.sources.get("site", "default") != "default"
            meant = did_you_mean(self.site, self.sites) if is_named else "--site names one. "
            raise ConfigError(
                f"{self.file} has no site {self.site!r}."
                if is_named
                else f"No site is named, and {self.file} has tables of sites.",
                hint=f"{meant}It knows {', '.join(self.sites)}; a new site gets a table "
                f"of its own there: [sites.{json.dumps(self.site, ensure_ascii=False) if is_named else 'NAME'}]",
            )

        for name in self.sites:
            other = self.of_site(name)
            if other.data_dir == self.data_dir and other.key_file != self.key_file:
                raise ConfigError(
                    f"{self.file}: sites {self.site!r} and {name!r} have different keys and one data_dir.",
                    hint="Give each a data_dir of its own: an inbox is read under one key.",
                )

    @property
    def database_url(self) -> str:
        """The database as a SQLAlchemy URL; a setting that is a path names a SQLite file."""
        if "://" in self.database:
            return self.database
        return f"sqlite:///{Path(self.database or self.data_dir / 'alara.sqlite').expanduser().absolute()}"

    def here(self, text: str) -> str:
        """A text with each command of alara in it as it must be typed, in any folder, to speak of this installation.

        What was given by flag is given again, as far as the command takes it, and the settings file where it is not
        the one that is found anyway. The URL of a server stands without its password: this goes to the screen.
        """
        return completed(text, self._again)

    def _again(self, name: str) -> str:
        """A setting, or ``config``, as flags for another command; empty where the command knows it by itself."""
        if name == "config":
            return f" --config {shlex.quote(str(self.file))}" if self.file and self._names_file else ""
        value, source = getattr(self, name), self.sources.get(name, "default")
        if name in ("database", "knowledge") and value and "://" not in value:
            value = Path(value).expanduser()
        adrift = isinstance(value, Path) and not value.is_absolute() and source != "default"
        if not adrift and not source.startswith("--"):
            return ""
        return flags_of(name, value)

    @property
    def knowledge_dir(self) -> Path:
        """Where the site's own knowledge files are, or would be."""
        return (Path(self.knowledge).expanduser() if self.knowledge else self.data_dir / "knowledge").absolute()

    @property
    def overlay(self) -> Path | None:
        """The site's own knowledge files; ``None`` when no folder is named and there is none."""
        return self.knowledge_dir if self.knowledge or self.knowledge_dir.is_dir() else None

    @property
    def codes_operators(self) -> bool:
        """Whether the department decided that operators are told apart, by code."""
        return self.operators == "codes"

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
            "ALARA_PEERS": as_text(self.peers),
            "ALARA_CONFIG": os.devnull,  # all is said here: a file that is broken meanwhile must not stop the child
        }


def _as_text(value: object) -> str:
    """A value as the text that its own parser reads again; lists and tables are JSON."""
    if isinstance(value, tuple | list | Mapping):
        return json.dumps(dict(value) if isinstance(value, Mapping) else value, default=str)
    return "" if value is None else str(value)


def settings() -> dict[str, str]:
    """Every setting's name and meaning, in the order in which people think of them."""
    return {f.name: f.metadata["meaning"] for f in fields(Config) if "parse" in f.metadata}


def config_file(environ: Mapping[str, str]) -> Path | None:
    """The file that applies: ``ALARA_CONFIG``, else ``./alara.toml``, else the user's; ``None`` without one.

    What is there and cannot be read, or is no file, is taken too: it is told, and not passed over.
    """
    if named := environ.get("ALARA_CONFIG"):
        return checked.path(named)
    return next((path for path in config_places() if is_there(path)), None)


def config_places() -> tuple[Path, ...]:
    """Where a settings file is looked for that nobody has named, the first one first."""
    places = [Path("alara.toml")]
    with contextlib.suppress(ConfigError):  # without a home there is no file of the user's
        places.append(_home("XDG_CONFIG_HOME", ".config") / "alara.toml")
    return tuple(places)


def load(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Config:
    """Settings from a TOML file, then the environment, then flags; a flag that is ``None`` was not given.

    The table ``[sites.NAME]`` of the file holds what is otherwise at the site of that name: it stands above the rest
    of the file and below the environment. A path of the file that is not absolute begins at the file's own folder.

    Raises
    ------
    ConfigError
        With every unknown name and every wrong value, each with its origin.
    """
    environ = os.environ if environ is None else environ
    taken = file or config_file(environ)
    absolute = None if taken is None else taken.expanduser().absolute()
    errors: list[str] = []
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    layers, sites = _layers(flags or {}, environ, absolute, errors)
    for origin, given in layers:
        for name, raw in given.items():
            if (parsed := _parsed(origin, name, raw, errors)) is not _WRONG:
                values[name], sources[name] = parsed, origin
    if errors:
        is_unread = absolute is not None and not os.access(absolute, os.R_OK)
        raise ConfigError("; ".join(errors) + ".", hint=_ANOTHER_FILE if is_unread else _ALL_SETTINGS)
    return Config(
        **values,
        sources=MappingProxyType({name: sources.get(name, "default") for name in settings()}),
        file=absolute,
        sites=sites,
        _names_file=file is not None or (taken is not None and not taken.is_absolute()),
        _elsewhere=partial(_at_site, dict(flags or {}), dict(environ), file),
    )


_WRONG: Final = object()


def _parsers() -> dict[str, Callable[[Any], Any]]:
    return {f.name: f.metadata["parse"] for f in fields(Config) if "parse" in f.metadata}


def _parsed(origin: str, name: str, raw: object, errors: list[str], *, allowed: Collection[str] = ()) -> Any:
    """The value of one setting, or ``_WRONG`` with the sentence that says where, which one and what is allowed."""
    parsers = _parsers()
    if name not in (allowed or parsers):
        errors.append(f"{origin}: {unknown(name, raw, allowed or parsers)}")
        return _WRONG
    try:
        return parsers[name](raw)
    except PeersError as error:
        errors.append(f"{origin}: {error}")
    except ValueError as error:
        # a URL of the database may hold a password
        errors.append(f"{origin}: {name} {error}" + ("" if name == "database" else f", not {shown(raw)}"))
    return _WRONG


def _at_site(flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None, site: str) -> Config:
    return load({**flags, "site": site}, environ, file)


def _layers(
    flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None, errors: list[str]
) -> tuple[list[tuple[str, Mapping[str, object]]], tuple[str, ...]]:
    """What is given, each with its origin, the strongest last; and the sites that the file knows."""
    layers: list[tuple[str, Mapping[str, object]]] = []
    sites: Mapping[str, Mapping[str, object]] = {}
    if file is not None:
        try:
            given = read_settings(file)
        except SettingsFileError as error:
            errors.append(f"{file}: {error}")
            given = {}
        sites = _sites(given.pop("sites", {}), file, errors)
        layers.append((str(file), beside(file, given)))
    own = [str(layers[0][1]["site"]).strip()] if layers and "site" in layers[0][1] else []
    variables = {f"ALARA_{name.upper()}": name for name in settings()}
    layers.extend((key, {name: environ[key]}) for key, name in variables.items() if key in environ)
    layers.extend((f"--{name.replace('_', '-')}", {name: raw}) for name, raw in flags.items() if raw is not None)
    named = [layer["site"] for _, layer in layers if "site" in layer]
    site = str(named[-1]).strip() if named else _DEFAULT_SITE
    if site in sites:
        layers.insert(1, (f"{file} [sites.{site}]", beside(file, sites[site]) if file else sites[site]))
    return layers, tuple(dict.fromkeys([*own, *sites])) if sites else ()


def _sites(tables: object, file: Path, errors: list[str]) -> Mapping[str, Mapping[str, object]]:
    """The tables of the sites, each checked, also those of other sites than the one that is asked for."""
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        errors.append(f"{file}: sites must be tables [sites.NAME]")
        return {}
    before = len(errors)
    of_a_site = [name for name in settings() if name not in _NOT_OF_A_SITE]
    for site, table in tables.items():
        for name, raw in table.items():
            _parsed(f"{file} [sites.{site}]", name, raw, errors, allowed=of_a_site)
    return {} if len(errors) > before else tables
