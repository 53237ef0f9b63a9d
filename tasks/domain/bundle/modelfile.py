"""The Modelfile of a bundle: the model's chat template once more, in Ollama's language.

Ollama renders Go's text/template on ``.System``, ``.Messages`` and ``.Tools``, and learns how a
call begins from the first text inside ``{{ if .ToolCalls }}`` (ollama/ollama: tools/template.go).
It drops keys of a schema that it does not know and prints a tool as Go prints a struct, so the
tools stand in the template as text, exactly as the model was trained on them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from profiles import Model
from tasks.domain.bundle.turns import tools_text
from tasks.domain.conversations import SYSTEM_PROMPT
from tasks.domain.products import Turns
from tasks.domain.toolcalls import schemas_of

# JSON with a blank after each comma and colon, as in training; Go's own has none. Go's json writes
# <, > and & as \u003c …, its %q writes invisible characters as \u200b …: the shorter one did not.
_VALUES = """\
{{- define "text" }}{{ $quoted := printf "%q" . }}{{ $encoded := json . }}
{{- if lt (len $quoted) (len $encoded) }}{{ $quoted }}{{ else }}{{ $encoded }}{{ end }}{{ end }}
{{- define "value" }}{{ $type := printf "%T" . }}{{ $separator := "" }}
{{- if eq $type "string" }}{{ template "text" . }}
{{- else if eq $type "map[string]interface {}" }}{{ "{" }}
{{- range $key, $value := . }}
{{- $separator }}{{ template "text" $key }}: {{ template "value" $value }}
{{- $separator = ", " }}{{ end }}{{ "}" }}
{{- else if eq $type "[]interface {}" }}[
{{- range . }}{{ $separator }}{{ template "value" . }}{{ $separator = ", " }}{{ end }}]
{{- else }}{{ json . }}{{ end }}{{ end }}"""
_ARGUMENT = (
    '{{ $separator }}{{ template "text" $key }}: {{ template "value" $value }}'
    '{{ $separator = ", " }}'
)
# $calls instead of .ToolCalls: an earlier "if" on the field would be taken for the one of a call.
_WORDS_AND_CALLS = """\
{{ .Content }}{{ if and .Content $calls }}{{ "\\n" }}{{ end }}
{{- if .ToolCalls }}
{{- range $index, $_ := .ToolCalls }}<tool_call>
{"name": {{ template "text" .Function.Name }}, "arguments": {{ template "arguments" .Function }}}
</tool_call>{{ if gt (len (slice $calls $index)) 1 }}{{ "\\n" }}{{ end }}
{{- end }}
{{- end }}"""


def template(turns: Turns, tools: Sequence[dict[str, Any]], *, lists: bool = True) -> str:
    """The Go template of a model's turns; it ends where the assistant is to speak.

    ``tools``: those that stood in the prompt in training (OpenAI form). They are written wherever a
    client offers tools; that the template asks for ``.Tools`` tells Ollama that the model can call.
    Where it ``lists`` none, because its model knows them or is shown a few, it offers none either.
    """
    return f"""\
{_VALUES}
{_arguments(schemas_of(tools))}
{{{{- /**/ -}}}}
{_text(turns.opening)}{{{{ .System }}}}
{{{{- if .Tools }}}}{_text(tools_text(turns, tools if lists else ()))}
{{{{- else }}}}{_text(tools_text(turns, ()))}
{{{{- end }}}}
{{{{- $before := "system" }}}}
{{{{- range .Messages }}}}
{{{{- $calls := .ToolCalls }}}}
{{{{- if eq .Role "user" }}}}{_after(_into("user", turns))}{{{{ .Content }}}}
{{{{- $before = .Role }}}}
{{{{- else if eq .Role "assistant" }}}}{_after(_into("assistant", turns))}{_WORDS_AND_CALLS}
{{{{- $before = .Role }}}}
{{{{- else if eq .Role "tool" }}}}{_after(_into("tool", turns))}{{{{ .Content }}}}
{{{{- $before = .Role }}}}
{{{{- end }}}}
{{{{- end }}}}{_after(turns.prompt)}"""


def modelfile(
    model: Model,
    turns: Turns,
    tools: Sequence[dict[str, Any]],
    gguf_name: str,
    context_tokens: int,
    system: str = SYSTEM_PROMPT,
    *,
    lists: bool = True,
) -> str:
    """What ``ollama create -f`` reads: the file, the template, where answers stop.

    ``</tool_call>`` is no stop: it is part of the answer. The system prompt is the trained one.
    """
    stops = "".join(f'PARAMETER stop "{stop}"\n' for stop in model.stop)
    return (
        f"FROM ./{gguf_name}\n"
        f'TEMPLATE """{template(turns, tools, lists=lists)}"""\n'
        f'SYSTEM """{system}"""\n'
        f"{stops}"
        "PARAMETER temperature 0\n"
        f"PARAMETER num_ctx {context_tokens}\n"
    )


def _arguments(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """The template that writes a call's arguments: in the order of its tool's schema.

    Go sorts the keys of a map, so a tool whose parameters are not in that order is gone through
    once for each part of them that is. Keys inside an argument stay sorted.
    """
    cases = []
    for tool, schema in schemas.items():
        parts = [" ".join(map(_string, part)) for part in _ascending(schema.get("properties", {}))]
        if len(parts) > 1:
            conditions = [f"eq $key {part}" for part in parts]
            conditions += [f"not (eq $key {' '.join(parts)})"]
            cases.append(f"if eq .Name {_string(tool)} }}}}{_range(conditions)}")
    body = _range(["true"])
    if cases:
        body = f"{{{{ {'{{ else '.join(cases)}{{{{ else }}}}{body}{{{{ end }}}}"
    begin = '{{- define "arguments" }}{{ $separator := "" }}{{ "{" }}'
    return f'{begin}{body}{{{{ "}}" }}}}{{{{ end }}}}'


def _range(conditions: Sequence[str]) -> str:
    """The arguments that meet each condition, one condition after the other."""
    return "".join(
        f"{{{{ range $key, $value := .Arguments }}}}{{{{ if {condition} }}}}{_ARGUMENT}"
        "{{ end }}{{ end }}"
        for condition in conditions
    )


def _ascending(names: Iterable[str]) -> Iterator[list[str]]:
    """The names cut into parts that are sorted as Go sorts: by bytes."""
    part: list[str] = []
    for name in names:
        if part and name.encode() < part[-1].encode():
            yield part
            part = []
        part.append(name)
    if part:
        yield part


def _text(words: str) -> str:
    """A text as Go writes it."""
    return f"{{{{ {_string(words)} }}}}" if words else ""


def _string(words: str) -> str:
    """A string of Go's, in ASCII: what is not printable is dropped when a Modelfile is read."""
    return "".join(
        letter if " " <= letter <= "~" else _escaped(letter)
        for letter in json.dumps(words, ensure_ascii=False)
    )


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"


def _into(role: str, turns: Turns) -> dict[str, str]:
    """By the role that spoke before: what stands between its words and those of ``role``."""
    pairs = ((key.split(), words) for key, words in turns.between.items())
    # The user's first words follow the system turn, whose end is written already.
    return {one: words for (one, other), words in pairs if other == role and one != "system"}


def _after(texts: Mapping[str, str]) -> str:
    """What is written after the words of each role."""
    cases = [f'if eq $before "{role}" }}}}{_text(words)}' for role, words in texts.items()]
    return f"{{{{ {'{{ else '.join(cases)}{{{{ end }}}}"
