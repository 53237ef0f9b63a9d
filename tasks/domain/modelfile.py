"""The Modelfile of a bundle: the model's chat template once more, in Ollama's language.

Ollama renders Go's text/template on ``.System``, ``.Messages`` and ``.Tools``, and learns how a
call begins from the first text inside ``{{ if .ToolCalls }}`` (ollama/ollama: tools/template.go).
"""

from profiles import Model
from tasks.domain.conversations import SYSTEM_PROMPT
from tasks.domain.errors import UnusableModel

_TOOLS = """\
{{- if .Tools }}

# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{{- range .Tools }}
{"type": "function", "function": {{ .Function }}}
{{- end }}
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>
{{- end }}"""

# $calls instead of .ToolCalls: an earlier «if» on the field would be taken for the one of a call.
_SAID = """\
{{ .Content }}{{ if and .Content $calls }}
{{ end }}
{{- if .ToolCalls }}
{{- range $index, $_ := .ToolCalls }}<tool_call>
{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
</tool_call>{{ if gt (len (slice $calls $index)) 1 }}
{{ end }}
{{- end }}
{{- end }}"""

_EACH_MESSAGE = """\
{{- $before := "" }}
{{- range $index, $_ := .Messages }}
{{- $rest := slice $.Messages $index }}
{{- $last := eq (len $rest) 1 }}
{{- $calls := .ToolCalls }}"""

_CHATML = f"""\
<|im_start|>system
{{{{ .System }}}}
{_TOOLS}<|im_end|>
{{{{ "" }}}}
{_EACH_MESSAGE}
{{{{- if eq .Role "user" }}}}<|im_start|>user
{{{{ .Content }}}}<|im_end|>
{{{{ else if eq .Role "assistant" }}}}<|im_start|>assistant
{_SAID}
{{{{- if not $last }}}}<|im_end|>
{{{{ end }}}}
{{{{- else if eq .Role "tool" }}}}
{{{{- if ne $before "tool" }}}}<|im_start|>user{{{{ end }}}}
<tool_response>
{{{{ .Content }}}}
</tool_response>
{{{{- if or $last (ne (index $rest 1).Role "tool") }}}}<|im_end|>
{{{{ end }}}}
{{{{- end }}}}
{{{{- if and $last (ne .Role "assistant") }}}}<|im_start|>assistant
{{{{ end }}}}
{{{{- $before = .Role }}}}
{{{{- end }}}}"""

_DEEPSEEK_R1 = f"""\
{{{{- .System }}}}
{_TOOLS}
{_EACH_MESSAGE}
{{{{- if eq .Role "user" }}}}<｜User｜>{{{{ .Content }}}}
{{{{- else if eq .Role "assistant" }}}}<｜Assistant｜><think>
</think>

{_SAID}
{{{{- if not $last }}}}<｜end▁of▁sentence｜>{{{{ end }}}}
{{{{- else if eq .Role "tool" }}}}
{{{{- if eq $before "tool" }}}}
{{{{ else }}}}<｜User｜>{{{{ end }}}}<tool_response>
{{{{ .Content }}}}
</tool_response>
{{{{- end }}}}
{{{{- if and $last (ne .Role "assistant") }}}}<｜Assistant｜><think>
{{{{ end }}}}
{{{{- $before = .Role }}}}
{{{{- end }}}}"""  # noqa: RUF001

_TEMPLATES = {"<|im_end|>": _CHATML, "<｜end▁of▁sentence｜>": _DEEPSEEK_R1}  # noqa: RUF001


def template(model: Model) -> str:
    """The Go template of a model's family, told by the text that ends the assistant's turn.

    Raises:
        UnusableModel: no template for such a model is known.
    """
    for stop in model.stop:
        if stop in _TEMPLATES:
            return _TEMPLATES[stop]
    raise UnusableModel(
        f"{model.name}: no Modelfile template for turns that end with {', '.join(model.stop)}; "
        f"known: {', '.join(_TEMPLATES)}"
    )


def modelfile(model: Model, gguf_name: str, context_tokens: int) -> str:
    """What ``ollama create -f`` reads: the file, the template, where answers stop.

    ``</tool_call>`` is no stop: it is part of the answer. The system prompt is the trained one.
    """
    stops = "".join(f'PARAMETER stop "{stop}"\n' for stop in model.stop)
    return (
        f"FROM ./{gguf_name}\n"
        f'TEMPLATE """{template(model)}"""\n'
        f'SYSTEM """{SYSTEM_PROMPT}"""\n'
        f"{stops}"
        "PARAMETER temperature 0\n"
        f"PARAMETER num_ctx {context_tokens}\n"
    )
