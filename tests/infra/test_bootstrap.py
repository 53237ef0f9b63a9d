"""The work pools that ``make deploy`` makes: what an operator has set wrongly is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from infra.bootstrap import CPU, GPU, settle
from profiles.settings import Settings
from tests.fakes.prefect_api import Answer, Script, prefect_api


@contextmanager
def api(answers: dict[str, list[Answer]]) -> Iterator[tuple[SyncPrefectClient, Script]]:
    """A client of an API with these answers, and what it was asked."""
    with prefect_api(answers) as script:
        settings: dict[Any, Any] = {PREFECT_API_URL: script.url}
        with temporary_settings(settings), get_client(sync_client=True) as client:
            yield client, script


def refusal(client: SyncPrefectClient, name: str, settings: Settings) -> str:
    """Why a pool is not made."""
    with pytest.raises(SystemExit) as ended:
        settle(client, name, "process", None, settings)
    return str(ended.value)


@pytest.mark.parametrize("name", [CPU, GPU])
def test_a_folder_of_job_templates_that_is_not_there_is_refused_before_any_pool_is_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "infra" / "dokcer"
    monkeypatch.setenv("MCP_FORGE_JOB_TEMPLATES", str(folder))
    with api({}) as (client, script):
        said = refusal(client, name, Settings())
    assert said.startswith(f"MCP_FORGE_JOB_TEMPLATES: no folder {folder}; needed one such as ")
    assert not [path for path in script.requests if "work_pools" in path]


def test_a_job_template_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gpu-base-job-template.json"
    file.write_text("{", encoding="utf-8")
    with api({}) as (client, _):
        said = refusal(client, GPU, Settings(job_templates=tmp_path))
    assert said.startswith(f"{file}: no job template: Expecting property name")


@pytest.mark.parametrize(
    ("name", "variable"), [(GPU, "MCP_FORGE_POOL_TYPE"), (CPU, "MCP_FORGE_CPU_POOL_TYPE")]
)
def test_a_pool_of_another_type_is_left_alone_and_named_with_its_setting(
    name: str, variable: str
) -> None:
    ids = {field: str(uuid4()) for field in ("id", "default_queue_id")}
    pool: Answer = (200, {"name": name, "type": "docker", "base_job_template": {}, **ids})
    with api({f"/work_pools/{name}": [pool]}) as (client, _):
        said = refusal(client, name, Settings())
    assert said == (
        f"the pool {name} has the type docker, needed process ({variable}); delete it first: "
        f"prefect work-pool delete {name}"
    )
