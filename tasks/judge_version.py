"""Stage 10: Version beside the champion → Verdict: is it better, and if not, why?"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Promotion
from tasks.domain.bundle.versions import Version
from tasks.domain.evaluation.challenge import Verdict, judge
from tasks.domain.products import Challenge
from tasks.external.versions import Versions
from tasks.reporting import artifacts, events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def judge_version(version: Version, challenge: Challenge | None, promotion: Promotion) -> Verdict:
    """Hold the paired differences against the profile's margin; an artifact shows both."""
    champion = Versions(version.name).champion()
    name = champion.id if champion else None
    verdict = judge(version.id, name, challenge, promotion.margin)
    if challenge is not None:
        artifacts.challenge(challenge, verdict, version.model)
    return verdict
