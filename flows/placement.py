"""Where a stage runs: in this process, or as a run on a work pool. A setting, never a guess."""

from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from prefect import Flow
from prefect.utilities.callables import get_call_parameters

from profiles import Recipe
from profiles.settings import Settings
from tasks.check_machine import check_machine
from tasks.domain.products import Prepared, Trained
from tasks.run_on_pool import run_on_pool

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_INSIDE: ContextVar[bool] = ContextVar("inside another flow's process", default=False)


def place(
    stage: Flow[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
) -> _Result:
    """Run a stage's flow where ``MCP_FORGE_PLACEMENT`` says."""
    if Settings().placement == "pools":
        return run_on_pool(stage, get_call_parameters(stage.fn, args, kwargs))
    token = _INSIDE.set(True)
    try:
        return stage(*args, **kwargs)
    finally:
        _INSIDE.reset(token)


def check_machine_once(recipe: Recipe, given: Prepared | Trained | None = None) -> None:
    """Examine the machine that does the work: where a process begins, and not where it delegates.

    ``given``: what was handed over; its base need not be had from anywhere else.

    Raises:
        MachineTooSmall: everything that is missing.
    """
    if Settings().placement == "in-process" and not _INSIDE.get():
        base = given.base if given else None
        check_machine(recipe.model, recipe.quantization, recipe.profile, base)
