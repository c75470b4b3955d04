"""The settings: `.env.example` tells them all, and none tells its secret."""

import re

import pytest
from pydantic import SecretStr

from pipelines.errors import SetupError
from pipelines.settings import (
    PROJECT_DIR,
    Settings,
    rpc_chains,
    rpc_urls,
    rpc_urls_setting,
    settings,
)
from pipelines.sources import secret_settings, url_settings

EXAMPLE = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")
ALIASES = {str(field.alias) for field in Settings.model_fields.values()}
ALIASES |= {*url_settings(), *secret_settings(), rpc_urls_setting("ethereum")}
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


def test_a_chain_has_a_setting_by_its_name_with_spaces_between_its_addresses(
    monkeypatch,
):
    monkeypatch.setenv("BULLION_MADE_UP_RPC_URLS", "http://a.example/k  https://b/")
    found = rpc_urls("made_up")
    assert [url.get_secret_value() for url in found] == [
        "http://a.example/k",
        "https://b/",
    ]
    assert "made_up" in rpc_chains()
    assert rpc_urls("another") == []


def test_the_addresses_of_nodes_are_secrets(monkeypatch):
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", f"https://a.example/{SECRET}")
    assert SECRET not in repr(rpc_urls("ethereum"))


@pytest.mark.parametrize("url", ["{}", "ws://a/{}", "https:///{}", "http://a:x{}/"])
def test_what_is_no_address_of_a_node_is_named_by_its_position(monkeypatch, url):
    wrong = url.format(SECRET)
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", f"http://a.example {wrong}")
    with pytest.raises(SetupError) as refused:
        rpc_urls("ethereum")
    assert str(refused.value) == (
        "address 2 of BULLION_ETHEREUM_RPC_URLS is none of HTTP"
    )
    assert SECRET not in repr(refused.value)
