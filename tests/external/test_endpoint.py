"""The endpoint that serves a bundle: a real model, a real MCP server, asked over real HTTP."""

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from profiles import load_server
from tasks.domain.bundle.checks import OpenedBundle
from tasks.domain.bundle.dialogue import Step, conversation
from tasks.domain.conversations import Message
from tasks.domain.errors import MachineTooSmall
from tasks.domain.products import ToolResult
from tasks.domain.products.confidence import LEAST, UNSURE
from tasks.domain.toolcalls import faults, parse
from tasks.external.agent import Agent, acting, speaking
from tasks.external.bundle_folder import open_bundle
from tasks.external.constraint import Constraint
from tasks.external.endpoint import application, listen
from tasks.external.llama_cpp import convert, missing_for
from tests.fakes.bundles import (
    FILES,
    REPEAT,
    seal,
    time_tools,
    write_bundle,
    write_real_bundle,
)
from tests.helpers.needs import need

CALL = {"timezone": "Asia/Tokyo"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> OpenedBundle:
    """A whole one, with the real small model."""
    return open_bundle(write_real_bundle(tmp_path_factory.mktemp("bundles") / "bundle"))


@pytest.fixture(scope="module")
def agent(bundle: OpenedBundle) -> Iterator[Agent]:
    """Its model and the time server, both running."""
    with acting(bundle, load_server("time"), time_tools()) as running:
        yield running


@contextmanager
def serving(agent: Agent, execute: bool, log: list[str]) -> Iterator[httpx.Client]:
    """The endpoint on a free port, and a client of it."""
    acts = (agent, lambda tool, _: tool.read_only) if execute else None
    app = application(agent.speaker, acts, log.append)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def test_a_client_without_tools_gets_the_call_of_a_trained_tool(agent: Agent) -> None:
    log: list[str] = []
    with serving(agent, False, log) as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == agent.name
        question = {"messages": [{"role": "user", "content": REPEAT}]}
        made = client.post("/v1/chat/completions", json=question).json()
        with client.stream("POST", "/v1/chat/completions", json={**question, "stream": True}) as s:
            events = [line.removeprefix("data: ") for line in s.iter_lines() if line]
    (choice,) = made["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert 0 <= choice["confidence"] < 1
    assert not choice["held_back"]
    assert json.loads(events[1])["choices"][0]["confidence"] == choice["confidence"]
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == CALL
    assert events[-1] == "[DONE]"
    assert json.loads(events[0])["choices"][0]["delta"]["tool_calls"]
    assert any('get_current_time {"timezone": "Asia/Tokyo"}' in line for line in log)


def test_the_trained_tools_are_in_the_prompt_unless_a_client_sends_its_own(
    tiny_base: Path, tmp_path: Path
) -> None:
    need(*missing_for("q8_0"))
    folder = write_bundle(tmp_path / "bundle")
    (folder / "model.gguf").unlink()
    convert(tiny_base, folder / "model.gguf", "q8_0")
    seal(folder, *FILES)
    body = {"messages": [{"role": "user", "content": "Hello"}]}
    with (
        acting(open_bundle(folder), load_server("time"), time_tools()) as noise,
        serving(noise, True, []) as client,
    ):
        path = "/v1/chat/completions"
        trained = client.post(
            path, json={**body, "tools": json.loads((folder / "tools.json").read_text("utf-8"))}
        ).json()
        nothing = client.post(path, json={**body, "tools": []}).json()
        none = client.post(path, json={**body, "tool_choice": "none"}).json()
    with speaking(open_bundle(folder)) as alone:
        filled_in = alone.says(conversation(body["messages"], alone.bundle.agent))
    assert nothing["usage"]["prompt_tokens"] == none["usage"]["prompt_tokens"] < 100
    assert "executed_calls" not in none
    assert trained["usage"]["prompt_tokens"] == filled_in.prompt_tokens > 200


def test_with_execute_the_call_is_made_and_the_answer_comes(agent: Agent) -> None:
    with serving(agent, True, []) as client:
        body = {"messages": [{"role": "user", "content": REPEAT}]}
        made = client.post("/v1/chat/completions", json=body).json()
    first = made["executed_calls"][0]
    assert (first["name"], first["arguments"], first["executed"]) == (
        "get_current_time",
        CALL,
        True,
    )
    assert "Asia/Tokyo" in first["result"]
    assert made["choices"][0]["message"]["content"]
    assert made["usage"]["prompt_tokens"] > made["usage"]["completion_tokens"] > 0


def test_the_decision_to_call_is_seen_though_its_tag_begins_as_the_end_of_an_answer_does(
    agent: Agent,
) -> None:
    signals = agent.speaker.says((*agent.opening, Message(role="user", content=REPEAT))).signals
    assert signals is not None
    assert signals.is_call
    assert math.exp(signals.decision) > 1000 * LEAST, "it called, so its beginning was likely"


@pytest.mark.parametrize("execute", [False, True])
def test_a_call_that_is_not_sure_enough_is_held_back_with_words(
    execute: bool, agent: Agent
) -> None:
    unsure = replace(agent, speaker=replace(agent.speaker, least_confidence=1.0))
    log: list[str] = []
    with serving(unsure, execute, log) as client:
        body = {"messages": [{"role": "user", "content": REPEAT}]}
        made = client.post("/v1/chat/completions", json=body).json()
        tools = client.post("/v1/chat/completions", json={**body, "tools": []}).json()
    (choice,) = made["choices"]
    assert (choice["finish_reason"], choice["held_back"]) == ("stop", True)
    assert choice["message"] == {"role": "assistant", "content": UNSURE}
    assert 0 <= choice["confidence"] < 1
    assert [one["executed"] for one in made.get("executed_calls", ())] == [False] * execute
    assert log[0].endswith("% sure, held back)")
    # Of other tools than those of training nothing was measured.
    assert tools["choices"][0]["confidence"] is None
    assert not tools["choices"][0]["held_back"]


def test_bad_requests_are_refused_in_the_form_that_clients_read(agent: Agent) -> None:
    log: list[str] = []
    with serving(agent, False, log) as client:
        path = "/v1/chat/completions"
        elsewhere = client.post("/v1/responses", json={})
        nothing = client.post(path, json={"messages": []})
        no_form = client.post(path, json={"messages": "hello"})
        no_json = client.post(
            path, content='{"messages": [', headers={"Content-Type": "application/json"}
        )
        no_tool = client.post(path, json={"messages": [], "tools": [{"name": "x"}]})
        forced = client.post(path, json={"messages": [], "tool_choice": "required"})
        strange = client.post(path, json={"messages": []}, headers={"Host": "evil.example"})
    refusals = {
        nothing: "needed a user's message",
        no_form: "messages: Input should be a valid list",
        no_json: "the body is not JSON: Expecting value at character 14",
        no_tool: "tools.0.type: Field required; tools.0.function: Field required",
        forced: "tool_choice: Input should be 'auto' or 'none'",
    }
    for answer, reason in refusals.items():
        assert answer.status_code == 400
        assert reason in answer.json()["error"]["message"]
    assert strange.status_code == 400
    assert elsewhere.status_code == 404
    assert elsewhere.json()["error"]["message"].startswith(
        "POST /v1/responses is not served; needed one of POST /v1/chat/completions, GET /v1/models"
    )
    assert sum("refused: " in line for line in log) == 1 + len(refusals)
    assert "host" in strange.text.lower()


def test_a_call_that_nobody_allows_is_not_made_and_the_model_is_told(agent: Agent) -> None:
    shown: list[Step] = []
    talk = (*agent.opening, Message(role="user", content=REPEAT))
    reply, after = agent.reply(talk, lambda *_: False, shown.append)
    assert [step.executed for step in reply.calls] == [False] * len(shown)
    assert reply.calls[0].result == "The user did not allow this call."
    assert after[3] == Message(role="tool", content=reply.calls[0].result)


def test_the_oldest_exchanges_are_left_out_where_the_context_is_full(agent: Agent) -> None:
    old, last = (Message(role="user", content=text) for text in ("word " * 5000, "Hello"))
    talk = (*agent.opening, old, Message(role="assistant", content="Yes."), last)
    assert agent.speaker.fitting(talk) == (*agent.opening, last)
    assert agent.speaker.fitting(talk[:1] + talk[3:]) == (*agent.opening, last)


def test_no_call_comes_where_a_client_wants_none(agent: Agent) -> None:
    body = {"messages": [{"role": "user", "content": REPEAT}]}
    with serving(agent, True, []) as client:
        none, nothing = (
            client.post("/v1/chat/completions", json={**body, **option}).json()["choices"][0]
            for option in ({"tool_choice": "none"}, {"tools": []})
        )
    for choice in (none, nothing):
        assert choice["finish_reason"] in ("stop", "length")
        assert choice["message"]["content"]
        assert "tool_calls" not in choice["message"]


def test_what_is_longer_than_the_context_is_the_clients_fault(agent: Agent) -> None:
    body = {"messages": [{"role": "user", "content": "word " * 9000}]}
    for execute in (False, True):
        with serving(agent, execute, []) as client:
            refused = client.post("/v1/chat/completions", json=body)
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == "context_length_exceeded"


def test_calls_that_were_made_are_told_though_their_results_leave_no_room(agent: Agent) -> None:
    bundle = agent.speaker.bundle
    wide = bundle.agent.model_copy(update={"max_result_chars": 100_000})
    speaker = replace(agent.speaker, bundle=bundle.model_copy(update={"agent": wide}))
    endless = replace(agent, speaker=speaker, execute=lambda _: ToolResult(text="word " * 15_000))
    talk = (*agent.opening, Message(role="user", content=REPEAT))
    reply, _ = endless.reply(talk, lambda *_: True, lambda _: None)
    assert [step.executed for step in reply.calls] == [True]
    assert reply.answer == "The results of these calls are longer than the model's context."


def test_a_port_that_is_taken_is_told(agent: Agent) -> None:
    with serving(agent, False, []) as client:
        port = client.base_url.port
        assert port
        with pytest.raises(MachineTooSmall, match=f"127.0.0.1:{port}: .*needed a free port"):
            listen(port)


UNFIT = 'Repeat this text exactly and nothing else:\n<tool_call>\n{"name": "get_current_time", '
UNFIT += '"arguments": {"zone": "Asia/Tokyo"}}\n</tool_call>'


def test_with_a_grammar_a_call_that_does_not_fit_its_tool_is_one_that_does(agent: Agent) -> None:
    talk = (*agent.opening, Message(role="user", content=UNFIT))
    tools, constraint = agent.speaker.bundle.tools, Constraint(agent.speaker.model)
    constrained = replace(agent, speaker=replace(agent.speaker, constraint=constraint))
    raw, kept = (parse(one.says(talk).text) for one in (agent.speaker, constrained.speaker))
    assert faults(raw.calls[0], tools)
    assert [faults(call, tools) for call in kept.calls] == [[]]
    assert kept.calls[0].name == raw.calls[0].name
    assert constrained.speaker.warning == agent.speaker.warning == ""
    with serving(constrained, False, []) as client:
        question = {"messages": [{"role": "user", "content": REPEAT}]}
        made = client.post("/v1/chat/completions", json=question).json()
    function = made["choices"][0]["message"]["tool_calls"][0]["function"]
    assert json.loads(function["arguments"]) == CALL, "a call that fits stays as it is"
