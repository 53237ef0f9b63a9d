"""Stage 6: LoraAdapter → GgufModel: merged in 16 bit, converted, compared, tried."""

from prefect import task

from profiles import Model, Quantization
from tasks.caching import ByContent, content_key
from tasks.domain.products import BaseModelFolder, GgufModel, LoraAdapter
from tasks.external.gguf_check import check_gguf
from tasks.external.llama_cpp import FileFacts, convert
from tasks.external.storage import Storage
from tasks.reporting import artifacts, events
from tasks.reporting.stage_progress import StageReporter


@task(cache_policy=ByContent(), persist_result=True, on_completion=[events.stage_completed])
def export_gguf(
    base: BaseModelFolder, adapter: LoraAdapter | None, model: Model, quantization: Quantization
) -> GgufModel:
    """Write base and adapter as one GGUF file; without an adapter, the base alone.

    Raises:
        MachineTooSmall: a converter or quantiser is missing.
        ExportFailed: the file is not the model that went in.
    """
    from tasks.external.trainer.merging import merge

    storage = Storage()
    key = content_key("gguf", __file__, base=base, adapter=adapter, quantization=quantization)
    name = model.name if adapter else f"{model.name}-base"
    place = ("gguf", f"{name}-{quantization}-{key[-8:]}.gguf")
    adapter_files = storage.fetch(adapter.files) if adapter else None
    # The merged model is as large as the base in 16 bit: it lies where there is room for it.
    with storage.writing("merged", f"{name}-{key[-8:]}") as merged:
        merge(
            storage.fetch(base.files),
            adapter_files,
            merged,
            in_4bit=model.load_in_4bit and adapter is not None,
        )
        with storage.writing(*place) as draft:
            facts = FileFacts(
                name=f"{model.name}-{adapter.profile}" if adapter else name,
                licence=model.licence,
                base=base.origin,
                tags=("mcp", "tool-calling", "mcp-forge") if adapter else (),
            )
            with StageReporter("export", name, 100, "percent") as progress:
                notes = convert(merged, draft, quantization, facts, progress.reach)
            notes += check_gguf(draft, merged, quantization, model.stop)
            files = storage.keep(draft, *place)
    exported = GgufModel(name=name, files=files, quantization=quantization, notes=tuple(notes))
    artifacts.gguf(exported)
    return exported
