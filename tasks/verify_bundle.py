"""Does a bundle still work? Hashes, the server's tools, and one real tool call."""

from tasks.domain.bundle.checks import (
    VerifiedBundle,
    repeatable,
    repeated,
    verified,
)
from tasks.domain.bundle.trust import Trusts, nobody
from tasks.domain.conversations import opening
from tasks.external.agent import speaking
from tasks.external.servers import executing_with_stub
from tasks.external.trusted_bundle import with_server

_SEED = 3407


def verify_bundle(folder: str, server: str = "", trusts: Trusts = nobody) -> VerifiedBundle:
    """Check a bundle's files against their sums, its tools against the server, and call a tool.

    Args:
        folder: the bundle's.
        server: a server of one's own to try it on, instead of the one that the bundle names.
        trusts: asks whether the bundle's own server may be started that is not registered here.

    Raises:
        BundleInvalid: a file is missing or altered, the server's tools have changed, or the model
            does not call the tool that it called when it was validated.
        BundleNotTrusted: its server is not registered here; the message says what it would do.
        ServerFailed: the server cannot be started.
    """
    with with_server(folder, server, trusts) as (bundle, placed, toolset):
        case = repeatable(bundle.report)
        with speaking(bundle, grammar=None) as speaker:
            answer = speaker.says(opening(case.prompt, bundle.agent.system_prompt)).text
        call = repeated(answer, case, bundle.tools)
        with executing_with_stub(placed, toolset, _SEED) as execute:
            result = execute(call)
    return verified(bundle, case, call, result)
