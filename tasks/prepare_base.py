"""Stage 1: a model's file → a base model folder ready to train, with its template; made once."""

from math import ceil

from prefect import task

from profiles import Model
from tasks.caching import ByContent, content_key
from tasks.domain.errors import UnusableModel
from tasks.domain.products import BaseModelFolder
from tasks.external.base_model import build_base, version_of
from tasks.external.model_check import model_faults
from tasks.external.storage import Storage
from tasks.external.tokenizer import ChatTokenizer
from tasks.reporting import events
from tasks.reporting.stage_progress import StageReporter

MB = 10**6


@task(
    cache_policy=ByContent(beside=lambda inputs: version_of(inputs["model"])),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def prepare_base(model: Model) -> BaseModelFolder:
    """Build the folder in the storage.

    Raises:
        UnusableModel: the model's files are not to be had, or a later stage would refuse them.
    """
    storage = Storage()
    key = content_key("base", __file__, model=model, version=version_of(model))
    place = ("bases", f"{model.name}-{key[-8:]}")
    with storage.writing(*place) as draft:
        with StageReporter("download", model.name, unit="MB") as progress:
            origin = build_base(
                model, draft, lambda here, total: progress.reach(ceil(here / MB), ceil(total / MB))
            )
        if faults := model_faults(model, draft):
            raise UnusableModel(f"{model.name} cannot be forged: needed {'; '.join(faults)}")
        turns = ChatTokenizer(draft).turns()
        files = storage.keep(draft, *place)
    return BaseModelFolder(
        model=model.name, files=files, origin=origin, licence=model.licence, turns=turns
    )
