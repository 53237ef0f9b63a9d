"""Profiles, models and servers by their names, and the recipe that a run is made from."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from profiles.ad_hoc import ad_hoc_server
from profiles.changes import with_changes
from profiles.files import changed, find, names, read, text_of
from profiles.model import Model, ModelDeployment
from profiles.recipe import Recipe
from profiles.section import ProfileError, Quantization, explain
from profiles.server import HandWrittenPrompt, Server, ServerDeployment
from profiles.settings import Settings
from profiles.training import Profile, ToolsInPrompt


def training_profiles() -> list[str]:
    """The names of all training profiles."""
    return names("training")


def models() -> list[str]:
    """The names of all models."""
    return names("models")


def servers() -> list[str]:
    """The names of all registered servers."""
    return names("servers")


def load_profile(name: str) -> Profile:
    """Read a training profile, with changes behind its name; ProfileError when it is wrong."""
    name, *changes = name.split(" ")
    return with_changes(read("training", name, Profile), changes)


def load_model(name: str) -> Model:
    """Read a model and its template; ProfileError when one is missing or wrong."""
    model = read("models", name, Model)
    if not model.chat_template:
        return model
    text = text_of(find("models", model.chat_template))
    return changed(model, {"template_text": text})


def load_server(name: str) -> Server:
    """Read a registered server and its prompts; ProfileError when one is missing or wrong."""
    server = read("servers", name, Server)
    if server.phrasebook:
        find("servers", server.phrasebook)
    if not server.prompts:
        return server
    return changed(server, {"test_prompts": _test_prompts(find("servers", server.prompts))})


def find_server(name: str) -> Server | None:
    """The registered server of that name; None where none is, ProfileError when it is wrong."""
    return load_server(name) if name in servers() else None


def _test_prompts(file: Path) -> tuple[HandWrittenPrompt, ...]:
    prompts = []
    # Only \n ends a line: prompts may hold other line ends.
    for number, line in enumerate(text_of(file).split("\n"), 1):
        if line.strip():
            try:
                prompts.append(HandWrittenPrompt.model_validate_json(line))
            except ValidationError as error:
                raise ProfileError(f"{file.name}, line {number}: {explain(error)}") from error
    return tuple(prompts)


def load_model_deployment(name: str) -> ModelDeployment:
    """What a model's deployments take; ProfileError when its file is missing or wrong."""
    return read("models", name, ModelDeployment)


def deployed_models() -> list[str]:
    """The names of the models that get deployments of their own."""
    return [name for name in models() if load_model_deployment(name).deployed]


def deployed_servers() -> list[str]:
    """The names of the servers that get a watch of their own."""
    return [name for name in servers() if load_server_deployment(name).deployed]


def load_server_deployment(name: str) -> ServerDeployment:
    """How a server is watched; ProfileError when its file is missing or wrong."""
    return read("servers", name, ServerDeployment)


def load_recipe(
    server: str,
    model: str,
    profile: str,
    quantization: Quantization = "q8_0",
    samples: int | None = None,
    seed: int | None = None,
    include_tools: Sequence[str] = (),
    tools_in_prompt: ToolsInPrompt | None = None,
) -> Recipe:
    """Read server, model and profile, and put what a person asks for in their place.

    Raises:
        ProfileError: a name is not known, or a value is out of its bounds.
    """
    base = load_profile(profile)
    data = {"samples": samples, "seed": seed}
    training = {"seed": seed}
    return Recipe(
        server=changed(resolve_server(server), {"include_tools": tuple(include_tools) or None}),
        model=load_model(model),
        profile=changed(
            base,
            {
                "data": changed(base.data, data),
                "training": changed(base.training, training),
                "tools_in_prompt": tools_in_prompt,
            },
        ),
        quantization=quantization,
    )


def resolve_server(text: str) -> Server:
    """A registered server by its name; where the operator allows it, a command, URL or tool list.

    Raises:
        ProfileError: not registered, and ad-hoc servers are not allowed or it is not one either.
    """
    server = load_server(text) if text in servers() else ad_hoc_server(text, servers())
    return changed(server, {"strict": Settings().strict_tools or None})
