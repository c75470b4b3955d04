"""What the environment says: the one module that reads it.

libpq's own names (`PGHOST` …) reach psql, psycopg, dlt, dbt, Prefect and Compose
unchanged. Where `PGHOST` is not set the warehouse is the embedded server, whose
address and password lie under `BULLION_DATA_DIR`.
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.errors import SetupError

# the header by which an upstream that a setting names says that its clock is virtual
VIRTUAL_CLOCK = "Bullion-Virtual-Clock"

RPC_URLS = re.compile("BULLION_([A-Z0-9_]+)_RPC_URLS")
PROJECT_DIR = Path(__file__).resolve().parent.parent
PRIVATE = 0o700


class Settings(BaseSettings):
    """Every setting but the addresses of upstreams, which their sources declare.

    `.env.example` lists the same ones, and those addresses (a test compares).
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    pghost: str | None = Field(default=None, alias="PGHOST")
    pgport: int | None = Field(default=None, alias="PGPORT")
    pgdatabase: str = Field(default="bullion", alias="PGDATABASE")
    pguser: str = Field(default="bullion", alias="PGUSER")
    pgpassword: SecretStr | None = Field(default=None, alias="PGPASSWORD")

    data_dir: Path = Field(default=PROJECT_DIR / ".bullion", alias="BULLION_DATA_DIR")
    cache_dir: Path = Field(default=Path("~/.cache/bullion"), alias="BULLION_CACHE_DIR")
    seeds_dir: Path = Field(default=PROJECT_DIR / "seeds", alias="BULLION_SEEDS_DIR")
    sandbox_port: int | None = Field(default=None, alias="BULLION_SANDBOX_PORT")

    kafka: str | None = Field(default=None, alias="BULLION_KAFKA")
    kafka_user: str | None = Field(default=None, alias="BULLION_KAFKA_USER")
    kafka_password: SecretStr | None = Field(
        default=None, validate_default=True, alias="BULLION_KAFKA_PASSWORD"
    )
    kafka_port: int | None = Field(default=None, alias="BULLION_KAFKA_PORT")
    debezium: str | None = Field(default=None, alias="BULLION_DEBEZIUM")
    debezium_port: int | None = Field(default=None, alias="BULLION_DEBEZIUM_PORT")
    cdc_password: SecretStr | None = Field(default=None, alias="BULLION_CDC_PASSWORD")
    changes_kept_days: int = Field(
        default=7, ge=7, le=3650, alias="BULLION_CHANGES_KEPT_DAYS"
    )
    transformer_dir: Path | None = Field(default=None, alias="BULLION_TRANSFORMER_DIR")
    alert_urls: SecretStr | None = Field(default=None, alias="BULLION_ALERT_URLS")
    author_key: SecretStr | None = Field(default=None, alias="BULLION_AUTHOR_KEY")
    proxy_checks: bool = Field(default=False, alias="BULLION_PROXY_CHECKS")

    @field_validator("data_dir", "seeds_dir")
    @classmethod
    def _usable(cls, folder: Path) -> Path:
        """The folder with `~` expanded; every name of it can be written as UTF-8."""
        try:
            expanded = folder.expanduser()
            expanded.absolute().as_posix().encode()
        except RuntimeError as error:  # a user who is none
            raise ValueError(str(error)) from None
        except UnicodeEncodeError:
            raise ValueError("the path is not UTF-8") from None
        return expanded

    @field_validator("kafka_password")
    @classmethod
    def _of_the_user(
        cls, password: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        """The password, which a user of Kafka has."""
        if info.data.get("kafka_user") and not password:
            raise ValueError(
                "BULLION_KAFKA_PASSWORD is not set, and BULLION_KAFKA_USER is"
            )
        return password

    @property
    def is_embedded(self) -> bool:
        """Whether the warehouse is the server that `bullion up` starts."""
        return self.pghost is None

    def folder(self, name: str) -> Path:
        """The data directory's folder `name`, made for its owner alone."""
        folder = self.data_dir.absolute() / name
        make_private(folder)
        return folder


def make_private(folder: Path, mode: int = PRIVATE) -> None:
    """Make `folder`, and what is missing above it, for its owner alone."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=mode, exist_ok=True)
    folder.mkdir(exist_ok=True)  # a file in its place is refused


@cache
def settings() -> Settings:
    """The process's settings.

    Raises:
        SetupError: names every setting that is missing or wrong, at once, without
            the values (one of them is a password).
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}"
            for e in error.errors(include_input=False)
        )
        raise SetupError(f"settings from the environment: {wrong}") from None


def upstream_url(setting: str) -> str | None:
    """The address that a setting of a source holds, without a last slash.

    None: it is not set, and the upstream is reached at its public address.
    """
    return os.environ.get(setting, "").rstrip("/") or None  # noqa: TID251


def stand_ins(names: Collection[str]) -> dict[str, str]:
    """The first address of each of these settings that is set."""
    set_ones = {name: os.environ.get(name, "").split() for name in names}  # noqa: TID251
    return {name: urls[0] for name, urls in set_ones.items() if urls}


def upstream_secret(setting: str) -> SecretStr | None:
    """The secret that a setting of a source holds; None: it is not set."""
    value = os.environ.get(setting, "").strip()  # noqa: TID251
    return SecretStr(value) if value else None


def rpc_urls_setting(chain: str) -> str:
    """The setting that holds the addresses of a chain's endpoints."""
    return f"BULLION_{chain.upper()}_RPC_URLS"


def rpc_urls(chain: str) -> Sequence[SecretStr]:
    """The addresses of a chain's endpoints, as its setting has them.

    Each is a secret: the keys of providers stand in them.

    Raises:
        SetupError: one is no address; it is named by its position.
    """
    setting = rpc_urls_setting(chain)
    urls = os.environ.get(setting, "").split()  # noqa: TID251
    for position, url in enumerate(urls, 1):
        if not _is_http(url):
            raise SetupError(f"address {position} of {setting} is none of HTTP")
    return [SecretStr(url) for url in urls]


def rpc_chains() -> Sequence[str]:
    """The chains that have such a setting, by name."""
    set_ones = (RPC_URLS.fullmatch(name) for name in os.environ)  # noqa: TID251
    return sorted(name[1].lower() for name in set_ones if name)


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child process: ours, `extra`, and loopback unproxied.

    requests sends 127.0.0.1 through `HTTP_PROXY` unless `NO_PROXY` names it.
    """
    environment = {**os.environ, **(extra or {})}  # noqa: TID251
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [h for h in environment.get(name, "").split(",") if h]
        hosts += [h for h in ("127.0.0.1", "localhost") if h not in hosts]
        environment[name] = ",".join(hosts)
    return environment


def export(variables: Mapping[str, str]) -> None:
    """Set variables for this process: ours, and those that libraries read."""
    os.environ.update(variables)  # noqa: TID251
    settings.cache_clear()
