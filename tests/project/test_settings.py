"""The settings: `.env.example` tells them all, and none tells its secret."""

import re

import pytest
from pydantic import SecretStr

from pipelines.errors import SetupError
from pipelines.settings import PROJECT_DIR, Settings, settings
from pipelines.sources import url_settings

EXAMPLE = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")
ALIASES = {str(field.alias) for field in Settings.model_fields.values()}
ALIASES |= set(url_settings())
SECRET = "correct-horse-battery"


@pytest.fixture(autouse=True)
def fresh_settings():
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_example_lists_every_setting_and_no_other():
    listed = re.findall(r"^#?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert sorted(listed) == sorted(ALIASES)


def test_every_setting_of_the_example_has_one_comment_above_it():
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#?[A-Z][A-Z_]+=", line):
            assert re.match(r"# \S.*\.$", lines[number - 1]), line


def test_the_example_holds_no_secret():
    for name, field in Settings.model_fields.items():
        if "SecretStr" in str(field.annotation):
            assert re.search(rf"^#?{field.alias}=$", EXAMPLE, re.MULTILINE), name


def test_a_secret_shows_in_no_repr(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", SECRET)
    read = settings()
    assert isinstance(read.pgpassword, SecretStr)
    assert SECRET not in f"{read!r} {read} {read.model_dump()} {read.model_dump_json()}"


def test_wrong_settings_are_named_at_once_without_their_values(monkeypatch):
    monkeypatch.setenv("PGPORT", SECRET)
    monkeypatch.setenv("BULLION_SANDBOX_PORT", SECRET)
    with pytest.raises(SetupError) as refused:
        settings()
    assert "PGPORT" in str(refused.value)
    assert "BULLION_SANDBOX_PORT" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_user_of_kafka_without_a_password_is_refused_by_the_settings_names(
    monkeypatch,
):
    monkeypatch.setenv("BULLION_KAFKA_USER", "bullion")
    with pytest.raises(SetupError, match="BULLION_KAFKA_PASSWORD is not set, and"):
        settings()
    monkeypatch.setenv("BULLION_KAFKA_PASSWORD", SECRET)
    settings.cache_clear()
    assert SECRET not in repr(settings())


def test_without_a_host_the_warehouse_is_the_embedded_server(monkeypatch):
    monkeypatch.delenv("PGHOST", raising=False)
    assert settings().is_embedded
    settings.cache_clear()
    monkeypatch.setenv("PGHOST", "db.example")
    assert not settings().is_embedded
