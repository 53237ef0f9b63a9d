"""A flow for a work pool: what follows a forge, from the verdict to a person's answer."""

from prefect import flow
from prefect.logging import get_run_logger

from profiles import load_profile
from tasks.ask_person import ask_person
from tasks.domain.evaluation.challenge import Verdict
from tests.helpers.versions import version


@flow
def waiting() -> None:
    """Ask about a version that is better, and say what was answered."""
    plan = load_profile("demo").promotion.model_copy(update={"approval": "person"})
    verdict = Verdict(promoted=True, reason="it is better", champion="20261120T090000")
    answer = ask_person(verdict, version("20261127T090000"), None, plan)
    get_run_logger().info("promoted: %s, %s", answer.promoted, answer.reason)
