"""What is trained is what the assistant says, with every template that is used here."""

import re
import shutil
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from profiles import load_model
from tasks.domain.conversations import Message, MessageCall, Row
from tasks.domain.errors import UnusableModel
from tasks.domain.toolcalls import ToolCall, parse, render
from tasks.external.tokenizer import ChatTokenizer
from tests.helpers.chat_rows import ROWS, TOKYO, TOOLS, ZURICH, row
from tests.helpers.tokenizers import R1, opened, write_tokenizer
from tests.helpers.trl_templates import shipped_with_trl, trl_checks

SPOKEN = {
    "a call, its result, an answer": [render(TOKYO), "It is 12:30."],
    "an answer only": ["Which city do you mean?"],
    "words and two calls": [
        f"Both.\n{render(TOKYO)}\n{render(ZURICH)}",
        "12:30 and 04:30.",
    ],
    "two questions": ["It is late.", "Very."],
}


def our_template(model: str) -> str:
    text = load_model(model).template_text
    assert text is not None
    return text


def without_markers(template: str) -> str:
    return re.sub(r"\{%-? *(end)?generation *-?%\}", "", template)


def with_template(tokenizer: Path, template: str, folder: Path) -> Path:
    """The tokenizer of one folder, with another template, in another folder."""
    for file in tokenizer.glob("token*"):
        shutil.copy(file, folder)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def trained_texts(folder: Path, one: Row) -> list[str]:
    """The runs of trained tokens, each as text."""
    encoded = chat(folder).encode(one)
    decode = opened(folder).decode
    pairs = zip(encoded.ids, encoded.trained, strict=True)
    groups = groupby(pairs, key=lambda pair: pair[1])
    return [decode([token for token, _ in group]) for trained, group in groups if trained]


@cache
def chat(folder: Path) -> ChatTokenizer:
    """Opening one takes a second."""
    return ChatTokenizer(folder)


@pytest.fixture(scope="module")
def r1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer that has the special tokens of the DeepSeek-R1 family."""
    folder, template = tmp_path_factory.mktemp("r1"), our_template("deepseek-r1")
    return write_tokenizer(folder, template, R1, kept=("<think>", "</think>"))


@pytest.fixture(scope="module", params=["qwen2_5.jinja", "qwen2_5_training.jinja"])
def qwen(
    request: pytest.FixtureRequest, tiny_base: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A tokenizer with Qwen's template, as its makers ship it and with markers."""
    folder = tmp_path_factory.mktemp("qwen")
    return with_template(tiny_base, shipped_with_trl(request.param), folder)


@pytest.fixture(params=["smollm2", "deepseek-r1"])
def ours(request: pytest.FixtureRequest, tiny_base: Path, r1: Path) -> Path:
    """A tokenizer with one of the templates that we wrote."""
    return tiny_base if request.param == "smollm2" else r1


@pytest.mark.parametrize("name", ROWS)
def test_exactly_what_the_assistant_says_is_trained_up_to_its_stop(
    name: str, tiny_base: Path
) -> None:
    expected = [f"{text}<|im_end|>" for text in SPOKEN[name]]
    assert trained_texts(tiny_base, ROWS[name]) == expected


@pytest.mark.parametrize("name", ROWS)
def test_a_template_without_markers_trains_the_same_tokens(
    name: str, tiny_base: Path, tmp_path: Path
) -> None:
    bare = with_template(tiny_base, without_markers(our_template("smollm2")), tmp_path)
    assert "generation" not in chat(bare).chat_template.replace("add_generation", "")
    one = ROWS[name]
    assert chat(bare).encode(one) == chat(tiny_base).encode(one)


@pytest.mark.parametrize("name", ROWS)
def test_the_trained_tokens_are_those_that_the_markers_enclose(name: str, ours: Path) -> None:
    one = ROWS[name]
    encoded = chat(ours).encode(one)
    marked = opened(ours).apply_chat_template(
        [message.as_dict() for message in one.messages],
        tools=list(one.tools),
        return_assistant_tokens_mask=True,
        return_dict=True,
    )
    assert list(encoded.ids) == marked["input_ids"]
    assert encoded.trained == [bool(mark) for mark in marked["assistant_masks"]]


@pytest.mark.parametrize("name", ROWS)
def test_qwens_own_template_trains_what_the_assistant_says(name: str, qwen: Path) -> None:
    texts = trained_texts(qwen, ROWS[name])
    assert all(text.endswith("<|im_end|>") for text in texts)
    found = [parse(text.removesuffix("<|im_end|>")) for text in texts]
    wanted = [parse(text) for text in SPOKEN[name]]
    assert [(one.text, one.calls) for one in found] == [(one.text, one.calls) for one in wanted]


@pytest.mark.parametrize("name", ROWS)
def test_r1_learns_to_close_its_thought_and_not_to_open_it(name: str, r1: Path) -> None:
    expected = [f"</think>\n\n{text}{R1[-1]}" for text in SPOKEN[name]]
    assert trained_texts(r1, ROWS[name]) == expected
    text = chat(r1).render(ROWS[name].messages, TOOLS)
    assert text.count("<think>") == len(expected)


@pytest.mark.parametrize("name", ROWS)
def test_an_answer_of_weight_0_is_read_and_no_token_of_it_trained(name: str, ours: Path) -> None:
    one, tokenizer = ROWS[name], chat(ours)
    spoken = [at for at, message in enumerate(one.messages) if message.role == "assistant"]
    for left_out in spoken:
        messages = [
            message.model_copy(update={"weight": int(place != left_out)})
            for place, message in enumerate(one.messages)
        ]
        weighed = one.model_copy(update={"messages": tuple(messages)})
        whole = trained_texts(ours, one)
        assert tokenizer.encode(weighed).ids == tokenizer.encode(one).ids
        assert ChatTokenizer(ours).encode(weighed) == tokenizer.encode(weighed)
        del whole[spoken.index(left_out)]
        assert trained_texts(ours, weighed) == whole


def test_a_thought_is_trained_in_front_of_its_answer(r1: Path) -> None:
    thought = Message.assistant("Nine.").model_copy(update={"reasoning_content": "It is late."})
    assert trained_texts(r1, row(thought)) == [f"It is late.\n</think>\n\nNine.{R1[-1]}"]


def control_ids(tokenizer: ChatTokenizer, one: Row) -> list[int]:
    """The control tokens of a row, in order."""
    names = [tokenizer.ids(name) for name in (*R1, "<|im_start|>", "<|im_end|>")]
    known = [ids[0] for ids in names if len(ids) == 1]
    assert len(known) > 1
    return [token for token in tokenizer.encode(one).ids if token in known]


@pytest.mark.parametrize("name", ROWS)
def test_text_that_reads_like_a_control_token_is_never_one(name: str, ours: Path) -> None:
    ends = chat(ours).text([chat(ours).eos_id])
    marks = f"{ends} {R1[2]} <|im_start|>assistant\n{ends}"
    plain = ROWS[name]
    call = ToolCall(name="get_current_time", arguments={"timezone": marks, ends: [marks]})
    turns = [
        message.model_copy(update={"tool_calls": (MessageCall.of(call),) * len(message.tool_calls)})
        for message in reworded(plain, marks, marks, marks).messages
    ]
    described = {"name": ends, "description": marks, "parameters": {"type": "object", ends: [ends]}}
    tools = ({"type": "function", "function": described},)
    full = plain.model_copy(update={"messages": tuple(turns), "tools": tools})
    for tokenizer in (ChatTokenizer(ours), chat(ours)):
        assert control_ids(tokenizer, full) == control_ids(tokenizer, plain)
        assert tokenizer.encode(full) == ChatTokenizer(ours).encode(full)
    assert f"{ends[0]} {ends[1:]}" in chat(ours).render(full.messages, full.tools)


@pytest.mark.parametrize("name", ROWS)
def test_nothing_of_the_system_the_tools_or_the_user_is_trained(name: str, ours: Path) -> None:
    tokenizer, one = chat(ours), ROWS[name]
    asked = tokenizer.ids(tokenizer.render(one.prompt, one.tools, add_generation_prompt=True))
    encoded = tokenizer.encode(one)
    assert list(encoded.ids[: len(asked)]) == asked
    assert not any(encoded.trained[: len(asked)])
    assert encoded.trained[len(asked)]


def test_the_generation_prompt_is_what_the_answer_goes_on_from(ours: Path) -> None:
    tokenizer, one = chat(ours), ROWS["an answer only"]
    asked = tokenizer.render(one.prompt, one.tools, add_generation_prompt=True)
    assert tokenizer.render(one.messages, one.tools).startswith(asked)


def test_a_call_reads_the_same_whether_its_arguments_are_text_or_an_object(ours: Path) -> None:
    tokenizer, one = opened(ours), ROWS["words and two calls"]
    as_text = tokenizer.apply_chat_template([m.as_dict() for m in one.messages], tokenize=False)
    assert as_text == chat(ours).render(one.messages, ())


def test_our_templates_pass_trls_own_checks(ours: Path) -> None:
    checks, tokenizer = trl_checks(), opened(ours)
    assert checks.supports_tool_calling(tokenizer)
    assert checks.is_chat_template_prefix_preserving(tokenizer)
    assert checks.is_chat_template_stop_token_trained(tokenizer)
    assert checks.has_generation_markers(tokenizer.chat_template)


def test_a_template_that_rewrites_earlier_turns_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    forgetful = our_template("smollm2").replace(
        "message.content or ''", "(message.content or '') if loop.last else 'I spoke.'"
    )
    folder = with_template(tiny_base, forgetful, tmp_path)
    assert trained_texts(folder, ROWS["an answer only"]) == ["Which city do you mean?<|im_end|>"]
    with pytest.raises(UnusableModel, match="renders a turn differently when more turns follow"):
        chat(folder).encode(ROWS["two questions"])


def test_the_stop_token_ends_a_turn(tiny_base: Path) -> None:
    tokenizer = chat(tiny_base)
    assert tokenizer.ids("<|im_end|>") == [tokenizer.eos_id] == [2]


def test_a_rendered_text_gets_no_token_on_top(r1: Path) -> None:
    assert chat(r1).ids(R1[0]) == [0]


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=f"{tmp_path}: no tokenizer that opens"):
        ChatTokenizer(tmp_path)


def test_a_tokenizer_without_a_template_is_named(tiny_base: Path, tmp_path: Path) -> None:
    with_template(tiny_base, "", tmp_path)
    (tmp_path / "chat_template.jinja").unlink()
    with pytest.raises(UnusableModel, match="the tokenizer has no chat template"):
        ChatTokenizer(tmp_path)


LATE_TOOLS = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c | tojson }}{% endfor %}{{ '<|im_end|>\n' }}"
    "{% if loop.first %}{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def reworded(one: Row, user: str, answer: str, found: str) -> Row:
    """A row of the same shape that says something else."""
    texts = {"user": user, "assistant": answer, "tool": found}
    turns = [
        message.model_copy(update={"content": texts[message.role]})
        if message.role in texts and message.content
        else message
        for message in one.messages
    ]
    return one.model_copy(update={"messages": tuple(turns)})


def same_as_at_first_sight(folder: Path) -> None:
    """A tokenizer that has seen rows of each shape encodes others as one that has not."""
    seasoned = ChatTokenizer(folder)
    for one in ROWS.values():
        seasoned.encode(one)
    for user, answer, found in (
        ("\n\n  tools?", " «Zürich» \n", "\n 7 </tools>"),
        ("<|im_end|>x", "<s>", "7"),
        ("7?", "It is 7.", "\n 7 <|im_end|> 7"),
        ("<|im_start|>assistant\nx", "7", "7"),
        ("7?", "7 <|im_end|> 7", "7"),
        ("7?", "<|im_start|>assistant\n7", "7<|im_end|>"),
    ):
        # The four rows differ in shape, so each is the first of its shape here.
        fresh = ChatTokenizer(folder)
        for one in ROWS.values():
            other = reworded(one, user, answer, found)
            assert seasoned.encode(other) == fresh.encode(other)


def test_going_on_from_a_known_opening_changes_no_token(ours: Path) -> None:
    same_as_at_first_sight(ours)


def test_going_on_from_a_known_opening_changes_no_token_with_qwens_template(qwen: Path) -> None:
    same_as_at_first_sight(qwen)


def test_a_template_that_lists_tools_elsewhere_is_encoded_whole(
    tiny_base: Path, tmp_path: Path
) -> None:
    bare = with_template(tiny_base, LATE_TOOLS, tmp_path)
    one = ROWS["an answer only"]
    without_system = one.model_copy(update={"messages": one.messages[1:]})
    tokenizer = ChatTokenizer(bare)
    for _ in range(2):
        whole = tokenizer.ids(tokenizer.render(without_system.messages, TOOLS))
        assert list(tokenizer.encode(without_system).ids) == whole
