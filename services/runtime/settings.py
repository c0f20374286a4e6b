"""What the services' settings share, and a reader that names every fault at once.

Settings come from the environment. What all services share is named `D115_…`; what is one
service's carries its prefix (`INTAKE_PORT`). There is no default for a secret or an address.
"""

import os
import re
import sys
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.clock import Clock, SystemClock, parse_clock
from services.runtime.passes import Passes, SessionKeys
from services.runtime.vault import Vault

BAD_SETTINGS = 2

_ADDRESS = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}")
_PREFIX = re.compile(r"(?:[a-z0-9][a-z0-9_-]{0,40}\.)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class SettingsError(Exception):
    """The environment does not hold valid settings.

    Attributes:
        faults: Every fault, one line each, none repeating a value that may be secret.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def _addresses(text: str) -> str:
    if not all(_ADDRESS.fullmatch(part.strip()) for part in text.split(",")):
        raise ValueError("must read host:port, or several of them joined by commas")
    return text


def _dsn(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("must read postgresql://user:password@host:port/database")
    return text


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise ValueError("must be lower-case letters, digits, - or _, and end in a dot")
    return text


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError("must be a SHA-256 in 64 lower-case hex digits")
    return text


def _clock(given: object) -> object:
    return parse_clock(given) if isinstance(given, str) else given


def _vault(given: object) -> object:
    return Vault.from_setting(given) if isinstance(given, str) else given


def _session_keys(given: object) -> object:
    return SessionKeys.from_setting(given) if isinstance(given, str) else given


Sha256 = Annotated[str, AfterValidator(_sha256)]
DataKeys = Annotated[
    Vault, BeforeValidator(_vault), Field(validation_alias="D115_DATA_KEYS", repr=False)
]
AdminKeyHash = Annotated[Sha256, Field(validation_alias="D115_ADMIN_KEY_SHA256", repr=False)]
Port = Annotated[int, Field(ge=0, le=65535)]


class ServiceSettings(BaseSettings):
    """What every service is told. A service's own class adds `env_prefix` and its fields.

    Attributes:
        kafka: Bootstrap addresses.
        postgres: DSN; it may hold a password, so it is never shown.
        clock: `system`, or `origin;started;factor`.
        topic_prefix: Put before every topic's and group's name; ends in a dot, or is empty.
        log_level: The least level written.
        otlp: The base address of an OpenTelemetry collector; spans go nowhere without.
        host: The address to listen on.
        port: The port of the API; 0 lets the system choose.
        ops_port: The port of metrics and health.
        session_keys: Signs the passes of pages; without it nobody can sign in on one.
        niceness: How far it lets others of its machine go first when the cores are short, to 19.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, arbitrary_types_allowed=True
    )

    kafka: Annotated[str, AfterValidator(_addresses)] = Field(validation_alias="D115_KAFKA")
    postgres: Annotated[str, AfterValidator(_dsn)] = Field(
        validation_alias="D115_POSTGRES", repr=False
    )
    clock: Annotated[Clock, BeforeValidator(_clock)] = Field(
        default_factory=SystemClock, validation_alias="D115_CLOCK"
    )
    topic_prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="", validation_alias="D115_TOPIC_PREFIX"
    )
    session_keys: Annotated[SessionKeys | None, BeforeValidator(_session_keys)] = Field(
        default=None, validation_alias="D115_SESSION_KEYS", repr=False
    )
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = Field(
        default="INFO", validation_alias="D115_LOG_LEVEL"
    )
    otlp: Annotated[str, Field(pattern="^https?://[^/?#]+$")] | None = Field(
        default=None, validation_alias="D115_OTLP_ENDPOINT"
    )
    host: str = "127.0.0.1"
    port: Port
    ops_port: Port
    niceness: int = Field(default=0, ge=0, le=19)

    def passes(self) -> Passes | None:
        """Give what finds who is signed in on a page; None where nobody can be."""
        return None if self.session_keys is None else Passes(self.session_keys, self.clock)


S = TypeVar("S", bound=BaseSettings)


def read(kind: type[S]) -> S:
    """Read a service's settings from the environment.

    Raises:
        SettingsError: Any is missing, wrong, or carries the service's prefix and is not known.
    """
    faults = _unknown(kind, os.environ)
    try:
        found = kind()
    except ValidationError as error:
        faults += [f"{_variable(kind, part['loc'])} {_fault(part)}" for part in error.errors()]
    else:
        if not faults:
            return found
    raise SettingsError(sorted(faults))


def load(kind: type[S]) -> S:
    """Read a service's settings, or end the process with code 2 after listing every fault."""
    try:
        return read(kind)
    except SettingsError as error:
        lines = ["The settings in the environment are not valid:", *error.faults]
        sys.stderr.write("\n  ".join(lines) + "\n")
        raise SystemExit(BAD_SETTINGS) from None


def _variable(kind: type[BaseSettings], location: tuple[int | str, ...]) -> str:
    """Return the environment variable of a fault's location: an alias as it is, a field by name."""
    name = str(location[0])
    return name if name not in kind.model_fields else _names(kind)[name]


def _names(kind: type[BaseSettings]) -> dict[str, str]:
    prefix = kind.model_config.get("env_prefix") or ""
    return {
        name: str(field.validation_alias or f"{prefix}{name}").upper()
        for name, field in kind.model_fields.items()
    }


def _fault(error: Mapping[str, object]) -> str:
    if error["type"] == "missing":
        return "is not set"
    return str(error["msg"]).removeprefix("Value error, ").replace("Input should", "should")


def _unknown(kind: type[BaseSettings], environment: Mapping[str, str]) -> list[str]:
    """Name the variables that carry the service's prefix and mean nothing: likely misspelt."""
    prefix = (kind.model_config.get("env_prefix") or "").upper()
    known = set(_names(kind).values())
    return [
        f"{name} is not a setting"
        for name in environment
        if prefix and name.startswith(prefix) and name not in known
    ]
