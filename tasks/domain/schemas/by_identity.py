"""A cache's key for tool lists and schemas: too large to be hashed or compared each time."""

from typing import Any


class ByIdentity:
    """A value that is equal to itself only: a key for what is made once per tool list.

    It holds the value, so that no other one takes over its identity. Tool lists are never changed.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.value is self.value
