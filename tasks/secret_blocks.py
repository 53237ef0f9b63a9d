"""A key that stands in Prefect: it is no parameter of a run, and in no file."""

from prefect.blocks.system import Secret

from tasks.domain.errors import ForgeError


def read_secret(name: str, content: str, failure: type[ForgeError]) -> str:
    """The text of a Secret block.

    Args:
        name: the block's.
        content: what it is to hold, as the refusal says it: "the hub's token".
        failure: what is raised where there is no such block.
    """
    try:
        return str(Secret.load(name).get())  # type: ignore[union-attr]  # sync here
    except ValueError as error:
        raise failure(f"no Secret block {name!r}; needed one with {content}") from error
