"""Dataset → Dataset: each row's prompt lists the tools that the model is to be asked with."""

from prefect import task

from tasks.caching import ByContent, content_key
from tasks.domain.products import Dataset
from tasks.domain.prompting.fitting import FittedTools
from tasks.domain.prompting.retriever import documents_of, requests_by_tool
from tasks.domain.prompting.showing import Showing
from tasks.domain.toollists import functions
from tasks.external.dataset_files import heldout_rows, keep_rows, keep_text, train_rows
from tasks.reporting import events


@task(cache_policy=ByContent(), persist_result=True, on_completion=[events.stage_completed])
def show_tools(dataset: Dataset, fitted: FittedTools) -> Dataset:
    """Put the tools into prompts as was decided when the list was measured.

    Where all are listed, which is as the rows were written, nothing changes but what is noted.
    """
    prompt, tools = fitted.prompt, functions(fitted.toolset)
    if prompt.mode == "all":
        return dataset.model_copy(update={"prompt": prompt})
    rows = list(train_rows(dataset))
    documents = documents_of(tools, requests_by_tool(rows))
    key = content_key("shown", __file__, dataset=dataset, prompt=prompt)[-8:]
    place = f"{fitted.toolset.server}-{key}"
    retriever = keep_text(place, "retriever.json", documents.model_dump_json(indent=2))
    showing = Showing(prompt, tools, documents, dataset.seed)
    train, heldout = showing.rows(rows), showing.rows(heldout_rows(dataset))
    files = keep_rows(fitted.toolset.server, train, heldout, tools, key)
    return dataset.model_copy(update={**files, "retriever": retriever, "prompt": prompt})
