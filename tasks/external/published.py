"""The tools that the last published bundle of a server and model was made for, in the storage."""

import fsspec
from pydantic import ValidationError

from profiles import explain
from profiles.settings import Settings
from tasks.domain.errors import UnusableData
from tasks.domain.products import Toolset
from tasks.external.storage import Storage

_FOLDER = "published"


def remember(toolset: Toolset, model: str) -> None:
    """Keep the tools of a bundle that was just published; they replace those of the one before."""
    storage, place = Storage(), (_FOLDER, _file(toolset.server, model))
    with storage.writing(*place) as draft:
        draft.write_text(toolset.model_dump_json(), encoding="utf-8")
        storage.keep(draft, *place)


def recall(server: str, model: str) -> Toolset | None:
    """The tools of the last published bundle; None when there was none.

    Raises:
        UnusableData: what is kept there is not a tool list.
    """
    filesystem, root = fsspec.core.url_to_fs(Settings().storage_uri)
    place = f"{root}/{_FOLDER}/{_file(server, model)}"
    if not filesystem.exists(place):
        return None
    try:
        return Toolset.model_validate_json(filesystem.cat_file(place))
    except ValidationError as error:
        raise UnusableData(f"{place}: not a tool list: {explain(error)}") from error


def _file(server: str, model: str) -> str:
    return f"{server}-{model}.json"
