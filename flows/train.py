"""The GPU flow: approved dataset → LoRA adapter."""

from prefect import flow

from profiles import Model, Profile
from tasks.domain.products import ApprovedDataset, BaseModelFolder, LoraAdapter
from tasks.estimate_memory import estimate_memory
from tasks.train_adapter import train_adapter


@flow(persist_result=True)
def train(
    dataset: ApprovedDataset, base: BaseModelFolder, model: Model, profile: Profile
) -> LoraAdapter:
    """Fine-tune one adapter on a dataset that the gate let through."""
    plan = estimate_memory(dataset, base, model, profile)
    return train_adapter(dataset, base, model, profile, plan)
