"""A bundle that was forged from a tool list alone has all that its check needs."""

from pathlib import Path

import pytest

from profiles import Server, load_recipe
from tasks.domain.bundle.checks import check_tools
from tasks.domain.errors import UnusableData
from tasks.domain.products import Toolset
from tasks.external.bundle_folder import open_bundle
from tasks.external.bundle_writer import write_bundle
from tasks.external.servers import read_toolset_of
from tasks.external.storage import Storage
from tests.fakes.toolsets import ALL
from tests.helpers.ingredients import ingredients


@pytest.mark.parametrize("toolset", ALL, ids=lambda toolset: toolset.server)
def test_its_own_list_is_that_of_the_model(toolset: Toolset, tmp_path: Path) -> None:
    storage = Storage()
    with storage.writing("bundles", toolset.server) as draft:
        draft.write_bytes(b"GGUF")
        files = storage.keep(draft, "bundles", toolset.server)
    made = ingredients()
    gguf = made.evaluation.gguf.model_copy(update={"files": files})
    evaluation = made.evaluation.model_copy(update={"gguf": gguf})
    recipe = load_recipe("time", "smollm2", "demo").model_copy(
        update={"server": Server(name=toolset.server, tools_file="gone/tools.json")}
    )
    write_bundle(tmp_path / "bundle", evaluation, made.base, toolset, recipe)
    (tmp_path / "bundle").rename(tmp_path / "elsewhere")
    bundle = open_bundle(tmp_path / "elsewhere")
    assert bundle.server.tools_file == str(tmp_path / "elsewhere" / "toolset.json")
    check_tools(read_toolset_of(bundle.server), bundle)


def test_a_tool_that_a_list_lacks_is_named(tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    file.write_text(ALL[0].model_dump_json(), encoding="utf-8")
    server = Server(name="clocks", tools_file=str(file), include_tools=("no_such_tool",))
    with pytest.raises(UnusableData, match=r"include_tools names 'no_such_tool', the list has '"):
        read_toolset_of(server)
