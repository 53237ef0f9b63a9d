"""Files that an operator writes, and what is typed behind ``--server``: changed and broken."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

import profiles
from profiles import ProfileError
from tasks.domain.errors import ForgeError
from tasks.domain.toollists import as_tools_list, toolset_from_value
from tasks.domain.writing.usable_tools import with_read_only, with_usable_tools
from tasks.external.tool_files import read_toolset
from tests.fakes.toolsets import CLOCKS, ORDERS, VERSIONS
from tests.fuzz.mutation import ODD_TEXTS, altered, in_bytes, one_of, scrambled
from tests.fuzz.refusals import one_line
from tests.fuzz.tool_lists import check_calls, written

SHIPPED = profiles.FOLDER
PROMPTS = '{"prompt": "the last commits", "call": {"name": "git_log", "arguments": {}}}\n'
VALUES_OF_TOML = (
    *("1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "inf", "nan", "-1", "1e400", "true", "[]"),
    *("{}", "[[1], {}]", '"""x\ny"""', "'", '"', "=", ".", "[", "]", "[[", "\n", "#", "\\u0000"),
    *(
        '"${HOME}"',
        '"../x"',
        '"/etc"',
        '["a", 1]',
        "9" * 5000,
        '{a = "b"}',
        "[env]\n",
        "[values]\n",
    ),
    *(
        "name = 'x'\n",
        "url = 'http://[::1'\n",
        "tools_file = 'x'\n",
        "[workspace.files]\n'../x'='y'\n",
    ),
)
SERVERS = st.sampled_from(
    [
        (SHIPPED / "servers" / f"{name}.toml").read_text("utf-8")
        for name in ("git", "time", "memory")
    ]
)
TRAINING = st.sampled_from(
    [path.read_text("utf-8") for path in (SHIPPED / "training").glob("*.toml")]
)
MODELS = st.sampled_from([path.read_text("utf-8") for path in (SHIPPED / "models").glob("*.toml")])
LIMITS = st.just((SHIPPED / "phrasebooks" / "limits.toml").read_text("utf-8"))


def _changed(texts: st.SearchStrategy[str], words: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    return in_bytes(scrambled(texts, words))


@st.composite
def other_values(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> bytes:
    """A TOML file in which one or two settings have another value."""
    lines = draw(texts).splitlines()
    settings = [n for n, line in enumerate(lines) if " = " in line and not line.endswith("[")]
    for _ in range(draw(st.integers(1, 2))):
        place = one_of(draw, settings)
        key = lines[place].partition(" = ")[0]
        lines[place] = f"{key} = {draw(st.sampled_from(VALUES_OF_TOML[:18]))}"
    return "\n".join(lines).encode()


def _toml(texts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    return other_values(texts) | _changed(texts, VALUES_OF_TOML)


OPERATORS_FILES = st.one_of(
    st.tuples(st.just("servers"), _toml(SERVERS)),
    st.tuples(st.just("training"), _toml(TRAINING)),
    st.tuples(st.just("models"), _toml(MODELS)),
    st.tuples(st.just("phrasebooks"), _toml(LIMITS)),
    st.tuples(st.just("prompts"), _changed(st.just(PROMPTS), ("null", "{", "7", "[]", "\n"))),
)
"""The kind of a file, and what is in it."""


def check_operators_file(case: tuple[str, bytes]) -> str:
    """A TOML file of profiles/, or a server's prompts: loaded, or refused by its name."""
    kind, content = case
    with _own_profiles() as folder:
        if kind == "prompts":
            spec = "command = ['x']\nprompts = 'mine.prompts.jsonl'\n"
            (folder / "servers" / "mine.toml").write_text(spec, encoding="utf-8")
            (folder / "servers" / "mine.prompts.jsonl").write_bytes(content)
        else:
            file = "limits.toml" if kind == "phrasebooks" else "mine.toml"
            (folder / kind / file).write_bytes(content)
        try:
            return _load(kind)
        except (ForgeError, ProfileError) as refusal:
            return one_line(refusal, f"{kind}: refused")


def _load(kind: str) -> str:
    if kind == "training":
        assert profiles.load_profile("mine").model_dump_json()
    elif kind == "models":
        assert profiles.load_model("mine").model_dump_json()
        assert profiles.load_model_deployment("mine")
    elif kind == "phrasebooks":
        assert profiles.load_phrasebook_limits().model_dump_json()
    else:
        server = profiles.load_server("mine")
        assert server.model_dump_json()
        assert profiles.load_server_deployment("mine")
        profiles.load_phrasebooks(server)
        marked = with_read_only(VERSIONS, server)
        toolset = with_usable_tools(marked, server)
        check_calls(written(toolset, server, []), toolset)
    return f"{kind}: loaded"


@contextmanager
def _own_profiles() -> Iterator[Path]:
    """A folder for files of one's own, and the environment that says so."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("servers", "training", "models", "phrasebooks"):
            Path(folder, kind).mkdir()
        with _environment(MCP_FORGE_PROFILES=folder):
            yield Path(folder)


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


CONFIGS = st.just(
    {
        "mcpServers": {
            "git": {"command": "uvx", "args": ["mcp-server-git"], "env": {"KEY": "${KEY}"}},
            "web": {"type": "http", "url": "https://example.com/mcp", "headers": {"A": "${B}"}},
        }
    }
)
TYPED = (
    *(
        "python server.py --x",
        "npx -y @modelcontextprotocol/server-memory",
        "http://localhost:1/mcp",
    ),
    *("tools.json", "config.json#git", "config.json#", "config.json", "time", "uvx mcp-server-git"),
    *(
        "https://[::1]:99999/x?key=1#y",
        "docker run -i x",
        "python 'a b.json'",
        "sh -c 'exec x.json'",
    ),
)
SERVER_TEXTS = scrambled(
    st.sampled_from(TYPED), ("'", '"', "\\", "#", "/" * 300, "a" * 300 + ".json")
)
TYPED_SERVERS = st.tuples(
    SERVER_TEXTS | st.sampled_from(TYPED),
    in_bytes(altered(CONFIGS).map(json.dumps) | scrambled(CONFIGS.map(json.dumps), ODD_TEXTS[:9])),
)


def check_typed_server(case: tuple[str, bytes]) -> str:
    """What stands behind ``--server``, beside a file of an MCP client: a server, or one line."""
    text, config = case
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("config.json").write_bytes(config)
        with _environment(MCP_FORGE_ALLOW_AD_HOC_SERVERS="true"):
            try:
                assert profiles.resolve_server(text).name
            except ProfileError as refusal:
                return one_line(refusal, "refused")
    return "a server"


LISTED = st.sampled_from([as_tools_list(toolset) for toolset in (CLOCKS, VERSIONS, ORDERS)])
YAML = (
    "tools:\n- name: get_note\n  inputSchema: &a\n    type: object\n    properties:\n      id: {}\n"
    "- name: put_note\n  description: >\n    Puts it\n  inputSchema: *a\n"
)
YAML_PIECES = (
    *(
        "&a ",
        "*a",
        "<<: *a",
        "!!python/object:os.system",
        "!!binary",
        "1979-05-27",
        "? ",
        "- ",
        ": ",
    ),
    *(
        "|\n",
        ">\n",
        "%YAML 1.1\n",
        "---\n",
        "...\n",
        "\t",
        "{",
        "[",
        "null",
        "~",
        "0x1F",
        ".inf",
        "1_0",
    ),
)
TOOL_FILES = st.one_of(
    st.tuples(st.just(".json"), in_bytes(altered(LISTED).map(json.dumps))),
    st.tuples(st.just(".yaml"), in_bytes(altered(LISTED).map(yaml.safe_dump))),
    st.tuples(st.just(".json"), _changed(LISTED.map(json.dumps), ODD_TEXTS[:20])),
    st.tuples(st.just(".yaml"), _changed(st.just(YAML) | LISTED.map(json.dumps), YAML_PIECES)),
)


def check_tool_file(case: tuple[str, bytes]) -> str:
    """A tool list in a file, JSON or YAML: read, or refused by its name."""
    ending, content = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"tools{ending}")
        path.write_bytes(content)
        try:
            toolset = read_toolset(path, strict=False)
        except ForgeError as refusal:
            return one_line(refusal, f"{ending}: refused", "tools")
    again: Any = json.loads(json.dumps(as_tools_list(toolset)))
    assert toolset_from_value(again, toolset.server).tools == toolset.tools
    return f"{ending}: read"
