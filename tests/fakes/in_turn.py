"""The stages of one run on two machines: ``python -m tests.fakes.in_turn prepare|train [run]``.

``prepare`` writes and judges rows and prints its flow run's id; ``train`` takes the result of that
run from the API and the shared storage, and prints where the adapter lies.
"""

import json
import sys
from uuid import UUID

from prefect import flow, runtime
from prefect.client.orchestration import get_client

from profiles import Recipe, load_recipe
from tasks.check_quality import check_quality
from tasks.domain.products import ApprovedDataset, BaseModelFolder, LoraAdapter
from tasks.estimate_memory import estimate_memory
from tasks.inspect_server import inspect_server
from tasks.prepare_base import prepare_base
from tasks.synthesize_dataset import synthesize_dataset
from tasks.train_adapter import train_adapter

RUNS: list[str] = []


@flow(persist_result=True)
def prepare() -> tuple[ApprovedDataset, BaseModelFolder]:
    """Everything before the training."""
    RUNS.append(str(runtime.flow_run.id))
    return _prepare()


@flow(persist_result=True)
def train(run: str) -> LoraAdapter:
    """The training, from what another machine left."""
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(UUID(run)).state
    assert found is not None
    return _train(*found.result())


@flow
def prepare_and_train() -> LoraAdapter:
    """Both, on one machine."""
    return _train(*_prepare())


def _prepare() -> tuple[ApprovedDataset, BaseModelFolder]:
    recipe = _recipe()
    base = prepare_base(recipe.model)
    draft = synthesize_dataset(inspect_server(recipe.server), recipe.server, recipe.profile.data)
    return check_quality(draft, base, recipe.profile, recipe.server.name), base


def _train(dataset: ApprovedDataset, base: BaseModelFolder) -> LoraAdapter:
    recipe = _recipe()
    plan = estimate_memory(dataset, base, recipe.model, recipe.profile)
    return train_adapter(dataset, base, recipe.model, recipe.profile, plan)


def _recipe() -> Recipe:
    return load_recipe("time", "tiny", "tiny", "q8_0")


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
        answer = {"run": RUNS[0]}
    else:
        answer = train(sys.argv[2]).files.model_dump()
    sys.stdout.write(json.dumps(answer) + "\n")
