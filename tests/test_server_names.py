"""How a server is named that nobody has named, and how an MCP client's file is read."""

import json
from pathlib import Path
from typing import Any

import pytest

from profiles import ProfileError, Server, resolve_server
from profiles.mcp_config import config_of
from profiles.server_names import name_of_command, name_of_file, name_of_url


@pytest.fixture(autouse=True)
def _ad_hoc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("python srv.py", "work-srv"),
        ("python3.11 -u weather/main.py", "weather-main"),
        ("uv run --with httpx orders.py", "orders"),
        ("node build/index.js", "work-index"),
        ("python -m tickets", "tickets"),
        ("npx -y @modelcontextprotocol/server-filesystem /tmp", "server-filesystem"),
        ("mcp-server-time --local-timezone Europe/Berlin", "mcp-server-time"),
        ("python weather_server.py", "weather-server"),
        ("docker run -i --rm ghcr.io/github/github-mcp-server", "github-mcp-server"),
        ("KEY=1 ./weather", "weather"),
    ],
)
def test_a_command_is_named_by_what_it_starts_not_by_who_starts_it(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert name_of_command(command.split()) == name


def test_files_and_addresses_of_two_servers_have_two_names() -> None:
    assert name_of_file("shop/tools.json") == "shop-tools"
    assert name_of_file("shop/orders.yaml") == "orders"
    assert name_of_url("https://user@mcp.example.com/orders/mcp?key=1") == "mcp-example-com-orders"
    assert name_of_url("http://127.0.0.1:8000/mcp") == "127-0-0-1-8000"


def write(folder: Path, **value: Any) -> Path:
    file = folder / "config.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


WEATHER = {"command": "npx", "args": ["-y", "weather"], "env": {"API_KEY": "${env:WEATHER}"}}
ORDERS = {
    "type": "http",
    "url": "https://orders.example/mcp",
    "headers": {"Authorization": "Bearer ${TOKEN}", "X-Shop": "7"},
}


def test_a_server_of_an_mcp_clients_file_is_taken_with_its_settings(tmp_path: Path) -> None:
    file = write(tmp_path, mcpServers={"Weather Now": WEATHER, "orders": ORDERS})
    weather = resolve_server(f"{file}#Weather Now")
    assert (weather.name, weather.command) == ("Weather-Now", ("npx", "-y", "weather"))
    assert weather.env == {"API_KEY": "${WEATHER}"}
    orders = resolve_server(f"{file}#orders")
    assert (orders.url, orders.headers) == (ORDERS["url"], ORDERS["headers"])
    assert orders.variables == ("TOKEN",)


@pytest.mark.parametrize("key", ["url", "httpUrl", "serverUrl"])
def test_every_clients_word_for_an_address_is_read(key: str, tmp_path: Path) -> None:
    file = write(tmp_path, mcpServers={"a": {key: "https://x.example/mcp?limit=${LIMIT}"}})
    assert resolve_server(str(file)).url == "https://x.example/mcp?limit=${LIMIT}"


def test_settings_that_are_no_texts_are_what_json_calls_them(tmp_path: Path) -> None:
    entry = {
        "command": "npx",
        "args": ["weather", "--max-tokens", 5, True, None],
        "env": {"DEBUG": False, "PORT": 8080, "UNSET": None},
        "cwd": "/srv",
        "disabled": True,
    }
    server = resolve_server(str(write(tmp_path, mcpServers={"a": entry})))
    assert server.command == ("npx", "weather", "--max-tokens", "5", "true")
    assert (server.env, server.folder) == ({"DEBUG": "false", "PORT": "8080", "UNSET": ""}, "/srv")


def test_words_that_only_look_like_a_secret_are_taken(tmp_path: Path) -> None:
    args = ["author=Ada", "-e", "TOKENIZER=x", "--keyspace=a", "http://h:80/a@b", "Accept: x"]
    entry = {**WEATHER, "args": args, "env": {"DB": "postgres://u:${DB_PASSWORD}@h/db"}}
    assert resolve_server(str(write(tmp_path, mcpServers={"a": entry}))).command[1:] == tuple(args)


def test_a_clients_file_with_comments_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{"servers": {} // mine\n}', encoding="utf-8")
    with pytest.raises(ProfileError, match=r"lists no servers .* needed JSON, without comments"):
        resolve_server(f"{file}#time")


def test_the_only_server_of_a_file_needs_no_name(tmp_path: Path) -> None:
    assert resolve_server(str(write(tmp_path, servers={"orders": ORDERS}))).name == "orders"


@pytest.mark.parametrize(
    ("servers", "name", "fault"),
    [
        (
            {"a": WEATHER, "b": ORDERS},
            "",
            r"names several servers; needed .*#NAME with one of: a, b",
        ),
        ({"a": WEATHER}, "c", r"#c: no such server; needed .*#NAME with one of: a"),
        ({"a": {"args": []}}, "a", "exactly one of command, url and tools_file, found 0"),
        ({"a": "npx"}, "a", "needed an object with a command or a url"),
        (
            {"a": {"url": "http://x/", "headers": {"Authorization": "Bearer s3cret"}}},
            "a",
            r"Authorization holds a value; needed a variable .* \$\{AUTHORIZATION\}",
        ),
        ({"a": {**WEATHER, "env": {"API_KEY": "s3cret"}}}, "a", "API_KEY holds a value"),
        ({"a": {**WEATHER, "env": ["KEY=s3cret"]}}, "a", "#a: env is no object of names"),
        ({"a": {**WEATHER, "args": "--key s3cret"}}, "a", "#a: args is no list of texts"),
        (
            {"a": {**WEATHER, "args": ["--api-key", "s3cret"]}},
            "a",
            r"--api-key holds .*\{API_KEY\}",
        ),
        (
            {"a": {**WEATHER, "args": ["--github_token=s3cret"]}},
            "a",
            "--github_token holds a value",
        ),
        (
            {"a": {**WEATHER, "args": ["--header", "Authorization: Bearer s3cret"]}},
            "a",
            "Authorization holds a value",
        ),
        ({"a": {**WEATHER, "args": ["-e", "GITLAB_TOKEN=s3cret"]}}, "a", "TOKEN holds a value"),
        (
            {"a": {**WEATHER, "env": {"DB": "postgres://u:s3cret@h/db"}}},
            "a",
            "DB password holds a value",
        ),
        ({"a": {**WEATHER, "args": ["redis://:s3cret@h"]}}, "a", "args password holds a value"),
        ({"a": {"url": "https://x/mcp?a=1&api_key=s3cret"}}, "a", "api_key holds a value"),
        ({"a": {**WEATHER, "args": ["--key=${KEY}"]}}, "a", "args name a variable"),
        ({"a": {**WEATHER, "args": [["s3cret"]]}}, "a", "args holds a list or an object"),
        ({"a": {**WEATHER, "env": {"LOG": {"x": "s3cret"}}}}, "a", "env holds a list or an object"),
        ({"a": {"url": "https://x/", "type": "sse"}}, "a", "the older transport 'sse'"),
        ({"a": {**WEATHER, "url": "https://x/"}}, "a", "has a command and a url"),
        ({"a": {**WEATHER, "envFile": ".env"}}, "a", "envFile is not read"),
        ({"a": {**WEATHER, "env": {"ORG": "${input:s3cret}"}}}, "a", r"ORG has '\$\{input…\}'"),
        ({"a": {**WEATHER, "env": {"ORG": "${ORG:-s3cret}"}}}, "a", r"ORG has '\$\{ORG…\}'"),
        (
            {"a": {**WEATHER, "args": ["${workspaceFolder}/${x:s3cret}"]}},
            "a",
            "args name a variable",
        ),
        ({"a": {"command": "x\0s3cret"}}, "a", "command.0: String should match pattern"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_no_secret_is_shown(
    servers: dict[str, Any], name: str, fault: str, tmp_path: Path
) -> None:
    file = write(tmp_path, mcpServers=servers)
    with pytest.raises(ProfileError, match=fault) as caught:
        resolve_server(f"{file}#{name}" if name else str(file))
    assert "s3cret" not in str(caught.value)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, servers={"orders": ORDERS})
    file.write_text(file.read_text("utf-8"), encoding="utf-8-sig")
    assert resolve_server(str(file)).name == "orders"


@pytest.mark.parametrize("text", ["[" * 20_000, "9" * 5000, "\xff"])
def test_a_file_that_is_no_json_is_no_file_of_a_client(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(ProfileError, match="lists no servers as MCP clients do"):
        resolve_server(f"{file}#git")


def test_a_long_command_that_ends_like_a_file_is_a_command() -> None:
    options = "x" * 300 + ".json"
    assert resolve_server(f"python server.py {options}").command == ("python", "server.py", options)


def test_what_a_bundle_writes_for_clients_is_read_back_as_the_same_server(tmp_path: Path) -> None:
    for spec in (
        Server(name="weather", command=("npx", "weather"), env={"API_KEY": "${WEATHER}"}),
        Server(name="word", command=("word_mcp_server",), folder="/srv/documents"),
        Server(name="orders", url="https://orders.example/mcp", headers=ORDERS["headers"]),
    ):
        file = write(tmp_path, **config_of(spec.name, spec.model_dump()))
        assert resolve_server(str(file)) == spec
