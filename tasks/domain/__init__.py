"""The rules: no I/O, no Prefect, no heavy library. What they take and hand on is frozen."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A pydantic model whose fields are never set again: ``model_copy`` makes another one."""

    model_config = ConfigDict(frozen=True)
