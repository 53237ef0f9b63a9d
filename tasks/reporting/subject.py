"""What a flow run is about: the server and the model, as its name and its artifacts say them."""

from functools import cache

from prefect import runtime

from profiles import Model, ProfileError, Recipe, Server, resolve_server


def server_name() -> str:
    """The server of the flow run that this is called in; empty where it has none."""
    parameters = runtime.flow_run.parameters
    recipe, server = parameters.get("recipe"), parameters.get("server")
    if isinstance(recipe, Recipe):
        return recipe.server.name
    if isinstance(server, Server):
        return server.name
    return _name_of(server) if server else ""


def model_name() -> str:
    """The model of the flow run that this is called in; empty where it has none."""
    parameters = runtime.flow_run.parameters
    recipe, model = parameters.get("recipe"), parameters.get("model")
    if isinstance(recipe, Recipe):
        return recipe.model.name
    return model.name if isinstance(model, Model) else model or ""


def run_name() -> str:
    """How a flow run is called: what it does, for which server or bundle, with which model."""
    bundle = runtime.flow_run.parameters.get("name", "")
    parts = [runtime.flow_run.flow_name or "", server_name() or bundle, model_name()]
    return " ".join(filter(None, parts))


@cache
def _name_of(server: str) -> str:
    """Read once, at the run's start: what becomes of the file later changes nothing.

    What is no server keeps its text: the run begins, and then fails with the reason.
    """
    try:
        return resolve_server(server).name
    except ProfileError:
        return server
