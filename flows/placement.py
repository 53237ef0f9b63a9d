"""Where a stage runs: in this process, or as a run on a work pool. A setting, never a guess."""

from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from prefect import Flow
from prefect.utilities.callables import get_call_parameters

from profiles import Recipe
from profiles.settings import Settings
from tasks.check_machine import check_machine
from tasks.domain.products import Trained
from tasks.domain.training.requirements import ALL_STAGES, Request, Stage
from tasks.run_on_pool import check_deployed, run_on_pool

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_ON_POOLS = ("train", "evaluate")
"""The stages that a run on a pool hands to another."""
_INSIDE: ContextVar[bool] = ContextVar("inside another flow's process", default=False)


def place(
    stage: Flow[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
) -> _Result:
    """Run a stage's flow where ``MCP_FORGE_PLACEMENT`` says."""
    if Settings().placement == "pools":
        return run_on_pool(stage, get_call_parameters(stage.fn, args, kwargs))
    if stage.name not in _ON_POOLS:  # a whole forge, of a watch: it looks at the machine itself
        return stage(*args, **kwargs)
    token = _INSIDE.set(True)
    try:
        return stage(*args, **kwargs)
    finally:
        _INSIDE.reset(token)


def check_machine_once(recipe: Recipe, handed: object = None) -> None:
    """Examine the machine where a process begins, for all that is done from there on.

    ``handed`` is what another run hands over, with the base: nothing is then downloaded. A run that
    leaves training and evaluation to the pool only prepares; their runs look for themselves.

    Raises:
        MachineTooSmall: everything that is missing.
        StageNotDeployed: a stage is to run on a pool and has no deployment for the model.
    """
    if _INSIDE.get():
        return
    if Settings().placement == "pools" and not handed:
        check_deployed(_ON_POOLS, recipe.model.name)
    check_machine(
        Request(
            model=recipe.model,
            profile=recipe.profile,
            quantization=recipe.quantization,
            stages=stages_here(handed),
        )
    )


def stages_here(handed: object) -> tuple[Stage, ...]:
    """What is done in this process, given what is handed to it."""
    if Settings().placement == "pools":
        return ("prepare",)
    if isinstance(handed, Trained):
        return ("evaluate",)
    # The pool that trains evaluates too: what that takes is asked before the hours of training.
    return ("train", "evaluate") if handed else ALL_STAGES
