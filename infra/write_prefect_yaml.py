"""Write prefect.yaml from profiles/: three deployments for a model, one watch for each server.

``python -m infra.write_prefect_yaml [file]``. A changed prefect.yaml is committed with the profile
that changed it; a test refuses a drift between the two.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

import profiles
from infra.bootstrap import CPU, GPU
from infra.job_variables import job_variables
from profiles.settings import Settings

FILE = Path("prefect.yaml")
_HEADER = (
    "# Written by infra/write_prefect_yaml.py from profiles/: change those, then `make deploy`.\n"
)
_STEP = "tasks.external.code_version.deployed_code"
"""What says the version of the code that is deployed; Prefect keeps it with each deployment."""
_VERSION = "{{ code.version }}"
_OPERATORS = (
    ("sweep", "sweep"),
    ("versions", "promote"),
    ("versions", "rollback"),
)
"""Modules and flows that a person starts, for any server or bundle. Not ``push``: whoever may start
a run may not therefore put a model where the worker's token can."""
OURS = "mcp-forge"
"""The tag of every deployment, and the name of those that are for all servers and models."""
_ENVIRONMENT = {"PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true"}
_PLACING = _ENVIRONMENT | {"MCP_FORGE_PLACEMENT": "pools"}
"""Of the flows that hand their heavy stages to the pool gpu."""


class _Plain(yaml.SafeDumper):
    """Without anchors: each deployment is readable by itself."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value again wherever it stands."""
        del data
        return True


def main() -> None:
    """Write the file that is named, or prefect.yaml here."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    target.write_text(prefect_yaml(), encoding="utf-8")


def prefect_yaml() -> str:
    """The whole file."""
    content: dict[str, Any] = {"name": "mcp-forge"}
    content["build"] = [{_STEP: {"id": "code"}}]
    pull = _pull(Settings().code)
    if pull:
        content["pull"] = pull
    content["deployments"] = [
        *(entry for model in profiles.deployed_models() for entry in _of_model(model)),
        *(_watch(server) for server in profiles.deployed_servers()),
        *(_for_operators(module, flow) for module, flow in _OPERATORS),
    ]
    return _HEADER + yaml.dump(
        content, Dumper=_Plain, sort_keys=False, width=100, allow_unicode=True
    )


def _pull(code: str) -> list[dict[str, Any]]:
    """How flow code reaches a worker; without a step, Prefect takes the folder deployed from."""
    if not code:
        return []
    if code.startswith("/"):
        return [{"prefect.deployments.steps.set_working_directory": {"directory": code}}]
    repository, _, branch = code.partition("#")
    step = {"repository": repository} | ({"branch": branch} if branch else {})
    return [{"prefect.deployments.steps.git_clone": step}]


def _of_model(name: str) -> list[dict[str, Any]]:
    defaults = profiles.load_model_deployment(name)
    training, whole = _parameters(name)
    weekly = {
        "cron": defaults.weekly,
        "timezone": "UTC",
        "slug": "weekly",
        "active": False,
        "parameters": {"server": defaults.weekly_server},
    }
    return [
        _deployment("forge", name, CPU, whole) | {"schedules": [weekly]},
        _deployment("train", name, GPU, training),
        _deployment("evaluate", name, GPU, whole),
    ]


def _parameters(model: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a model's file gives a training, and a flow that exports too.

    Raises:
        ProfileError: a file is wrong, or the profile that it names is none.
    """
    defaults = profiles.load_model_deployment(model)
    profiles.load_profile(defaults.profile)  # said now, and not by a run at night
    training = {"model": model} | defaults.model_dump(
        include={"profile", "samples", "seed"}, exclude_none=True
    )
    return training, training | {"quantization": defaults.quantization}


def _for_operators(module: str, flow: str) -> dict[str, Any]:
    """One deployment for all servers and models: its form asks which."""
    return {
        "name": OURS,
        "version": _VERSION,
        "entrypoint": f"flows.{module}:{flow}",
        "tags": [OURS, flow],
        "parameters": {},
        "work_pool": {"name": CPU, "job_variables": {"env": dict(_PLACING)}},
    }


def _watch(name: str) -> dict[str, Any]:
    watched = profiles.load_server_deployment(name)
    _, whole = _parameters(watched.model)
    nightly = {
        "cron": watched.nightly,
        "timezone": watched.timezone,
        "slug": "nightly",
        "active": watched.active,
    }
    return _deployment("watch", name, CPU, {"server": name} | whole) | {"schedules": [nightly]}


def _deployment(flow: str, name: str, pool: str, parameters: dict[str, Any]) -> dict[str, Any]:
    environment = _PLACING if pool == CPU else _ENVIRONMENT
    kind = "server" if flow == "watch" else "model"
    room = {} if pool == CPU else job_variables(profiles.load_model(name), Settings().pool_type)
    return {
        "name": name,
        "version": _VERSION,
        "entrypoint": f"flows.{flow}:{flow}",
        "tags": [OURS, flow, f"{kind}:{name}"],
        "parameters": parameters,
        "work_pool": {"name": pool, "job_variables": {"env": dict(environment)} | room},
    }


if __name__ == "__main__":
    main()
