"""Serve a bundle's model to clients of OpenAI's API, on this machine only."""

from pathlib import Path
from socket import socket

from tasks.domain.bundle.serving_defaults import MinConfidence
from tasks.external.agent import Agent, Allow, speaking
from tasks.external.bundle_folder import open_bundle
from tasks.external.endpoint import Announce, listen, serve

__all__ = ["listen", "serve_agent", "serve_bundle"]


def serve_bundle(
    folder: str,
    port: int,
    announce: Announce,
    min_confidence: MinConfidence,
    grammar: bool | None,
) -> None:
    """Check a bundle and answer requests until Ctrl-C; calls go to the client, none is made here.

    Args:
        folder: the bundle's.
        port: of 127.0.0.1; 0 takes a free one.
        announce: is told each line of the log.
        min_confidence: how sure the model must be before a client gets its call.
        grammar: keep calls to the schemas of the tools; None: where prompts do not list them.

    Raises:
        BundleInvalid: a file is missing or altered, or a least confidence is wanted of a bundle
            that says nothing of it.
        MachineTooSmall: the port is taken.
    """
    bundle = open_bundle(Path(folder))
    with listen(port) as listener, speaking(bundle, min_confidence, grammar=grammar) as speaker:
        serve(speaker, None, listener, announce)


def serve_agent(agent: Agent, listener: socket, allow: Allow, announce: Announce) -> None:
    """Answer requests until Ctrl-C, calls executed here where a client has no tools of its own."""
    serve(agent.speaker, (agent, allow), listener, announce)
