"""A record whose fields are never set again; what stages hand on, and most of what rules take."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A pydantic model that cannot be changed: ``model_copy`` makes another one."""

    model_config = ConfigDict(frozen=True)
