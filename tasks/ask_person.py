"""Stage 11: Verdict → Verdict: where the profile wants it, the run pauses for a person."""

import time
from uuid import UUID

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from prefect.logging import get_run_logger
from prefect.states import Running
from pydantic import Field

from profiles import Promotion
from tasks.domain.bundle.versions import Version
from tasks.domain.evaluation.challenge import Verdict, challenge_markdown
from tasks.domain.products import Challenge
from tasks.reporting import events
from tasks.reporting.outage import OUTAGES, is_away, read_run

_POLL_SECONDS = 3


class Approval(RunInput):
    """What the form of the paused run asks for."""

    approve: bool = Field(description="whether this version becomes the champion")
    comment: str = Field("", description="why; it stands among the version's decisions")


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def ask_person(
    verdict: Verdict, version: Version, challenge: Challenge | None, promotion: Promotion
) -> Verdict:
    """Pause until somebody approves or refuses; without an answer in time it is not promoted.

    Nobody is asked about a version that is not better, or that is the champion already.
    """
    if promotion.approval == "none" or not (verdict.promoted and verdict.is_new):
        return verdict
    events.approval_requested(version.id, version.model, verdict)
    answer = _wait(
        _page(version, verdict, challenge), int(promotion.approval_hours * 3600), version.id
    )
    if answer is None:
        reason = f"nobody answered within {promotion.approval_hours:g} hours"
        return verdict.model_copy(update={"promoted": False, "reason": reason})
    word = "approved" if answer.approve else "refused"
    comment = f": {answer.comment}" if answer.comment else ""
    reason = f"{verdict.reason}; {word} by a person{comment}"
    return verdict.model_copy(update={"promoted": answer.approve, "reason": reason})


def _page(version: Version, verdict: Verdict, challenge: Challenge | None) -> str:
    if challenge is None:
        return f"Version {version.id}: {verdict.reason}."
    return challenge_markdown(challenge, f"Version {version.id}: {verdict.reason}.")


def _wait(page: str, seconds: int, version: str) -> Approval | None:
    """The answer; None where the time ran out, and the run then goes on.

    Prefect's own waiting ends with the first outage of the API that its client does not outlast.
    """
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            answer: Approval = pause_flow_run(
                wait_for_input=Approval.with_initial_data(description=page),
                timeout=max(int(left), 1),
                poll_interval=_POLL_SECONDS,
                key=version.lower(),  # of capitals Prefect's keys have none
            )
        except FlowPauseTimeout:
            break
        except OUTAGES as error:
            if not is_away(error):
                raise
            _outlast(deadline)
        else:
            return answer
    get_run_logger().warning("Nobody answered; the version is not promoted")
    # A run that is still paused after its time would count as failed, whatever it does next.
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(runtime.flow_run.id, Running(), force=True)
    return None


def _outlast(deadline: float) -> None:
    """Wait until the API says that the run is not paused: it was answered, or never paused."""
    get_run_logger().warning("The API is away; an answer is waited for all the same")
    while time.monotonic() < deadline:
        run = read_run(UUID(runtime.flow_run.id))
        if run is not None and run.state is not None and not run.state.is_paused():
            return
        time.sleep(_POLL_SECONDS)
