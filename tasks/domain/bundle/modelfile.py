"""The Modelfile of a bundle: the model's chat template once more, in Ollama's language.

Ollama renders Go's text/template on ``.System``, ``.Messages`` and ``.Tools``, and learns how a
call begins from the first text inside ``{{ if .ToolCalls }}`` (ollama/ollama: tools/template.go).
"""

import json
from collections.abc import Mapping

from profiles import Model
from tasks.domain.conversations import SYSTEM_PROMPT
from tasks.domain.tool_prompts import Turns

# json, since Ollama's own types print as Go prints a struct. $calls instead of .ToolCalls: an
# earlier "if" on the field would be taken for the one of a call.
_TOOL = '{"type": "function", "function": {{ json .Function }}}'
_WORDS_AND_CALLS = """\
{{ .Content }}{{ if and .Content $calls }}{{ "\\n" }}{{ end }}
{{- if .ToolCalls }}
{{- range $index, $_ := .ToolCalls }}<tool_call>
{"name": "{{ .Function.Name }}", "arguments": {{ json .Function.Arguments }}}
</tool_call>{{ if gt (len (slice $calls $index)) 1 }}{{ "\\n" }}{{ end }}
{{- end }}
{{- end }}"""


def template(turns: Turns) -> str:
    """The Go template of a model's turns; it ends where the assistant is to speak."""
    before, each, after = map(_text, turns.tools)
    return f"""\
{_text(turns.opening)}{{{{ .System }}}}
{{{{- if .Tools }}}}{before}
{{{{- range $index, $_ := .Tools }}}}
{{{{- if $index }}}}{each}{{{{ end }}}}{_TOOL}{{{{ end }}}}{after}
{{{{- else }}}}{_text(turns.no_tools)}
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
    gguf_name: str,
    context_tokens: int,
    system: str = SYSTEM_PROMPT,
) -> str:
    """What ``ollama create -f`` reads: the file, the template, where answers stop.

    ``</tool_call>`` is no stop: it is part of the answer. The system prompt is the trained one.
    """
    stops = "".join(f'PARAMETER stop "{stop}"\n' for stop in model.stop)
    return (
        f"FROM ./{gguf_name}\n"
        f'TEMPLATE """{template(turns)}"""\n'
        f'SYSTEM """{system}"""\n'
        f"{stops}"
        "PARAMETER temperature 0\n"
        f"PARAMETER num_ctx {context_tokens}\n"
    )


def _text(words: str) -> str:
    """A text as Go writes it: a string of JSON is one of Go's too."""
    return f"{{{{ {json.dumps(words, ensure_ascii=False)} }}}}" if words else ""


def _into(role: str, turns: Turns) -> dict[str, str]:
    """By the role that spoke before: what stands between its words and those of ``role``."""
    pairs = ((key.split(), words) for key, words in turns.between.items())
    # The user's first words follow the system turn, whose end is written already.
    return {one: words for (one, other), words in pairs if other == role and one != "system"}


def _after(texts: Mapping[str, str]) -> str:
    """What is written after the words of each role."""
    cases = [f'if eq $before "{role}" }}}}{_text(words)}' for role, words in texts.items()]
    return f"{{{{ {'{{ else '.join(cases)}{{{{ end }}}}"
