"""Open a bundle and put its model and its server to use: what ``mcp-forge chat`` stands on."""

from collections.abc import Callable
from typing import TypeVar

from tasks.domain.bundle.serving_defaults import MinConfidence
from tasks.domain.bundle.trust import Trusts
from tasks.external.agent import Agent, acting
from tasks.external.trusted_bundle import with_server

__all__ = ["Agent", "use_bundle"]

_Result = TypeVar("_Result")


def use_bundle(
    folder: str,
    server: str,
    trusts: Trusts,
    use: Callable[[Agent], _Result],
    min_confidence: MinConfidence,
    grammar: bool | None,
) -> _Result:
    """Check a bundle, start its model and its server, and hand both to ``use``.

    Args:
        folder: the bundle's.
        server: a server of one's own, instead of the one that the bundle names.
        trusts: asks whether the bundle's own server may be started that is not registered here.
        use: what is done with them; they end with it.
        min_confidence: how sure the model must be before a call is made.
        grammar: keep calls to the schemas of the tools; None: where prompts do not list them.

    Raises:
        BundleInvalid: a file is missing or altered, or the server's tools have changed; or a least
            confidence is wanted of a bundle that says nothing of it.
        BundleNotTrusted: nobody allowed its server; the message says what it would do.
        ServerFailed: the server cannot be started.
    """
    with (
        with_server(folder, server, trusts) as (bundle, placed, toolset),
        acting(bundle, placed, toolset, min_confidence, grammar=grammar) as agent,
    ):
        return use(agent)
