"""Stage 2½: does the tool list leave room for a conversation? Toolset → its length in tokens."""

from prefect import task

from tasks.caching import ByContent
from tasks.domain.errors import ToolsetTooLarge
from tasks.domain.gate.budget import list_tokens, refusal
from tasks.domain.products import BaseModelFolder, Toolset
from tasks.external.storage import Storage
from tasks.external.tokenizer import ChatTokenizer
from tasks.reporting import events


@task(cache_policy=ByContent(), persist_result=True, on_completion=[events.stage_completed])
def fit_toolset(toolset: Toolset, base: BaseModelFolder, max_seq_length: int) -> int:
    """Count the tokens of the system turn with the tool list.

    Raises:
        ToolsetTooLarge: they leave less than a conversation needs; with each tool's size.
    """
    tokenizer = ChatTokenizer(Storage().fetch(base.files))
    if fault := refusal(toolset, tokenizer.count, max_seq_length):
        raise ToolsetTooLarge(fault)
    return list_tokens(toolset, tokenizer.count)
