"""What follows an evaluation: a version of its own, a verdict, a person's answer, the champion."""

from profiles import Recipe
from tasks.ask_person import ask_person
from tasks.domain.products import Bundle, Evaluation, Toolset
from tasks.judge_version import judge_version
from tasks.promote_version import promote_version
from tasks.publish_version import publish_version


def promote_if_better(
    evaluation: Evaluation, toolset: Toolset, recipe: Recipe, output: str = ""
) -> Bundle:
    """Keep what was forged as a version; only a better one becomes the champion."""
    promotion = recipe.profile.promotion
    version = publish_version(evaluation, toolset, recipe)
    verdict = judge_version(version, evaluation.challenge, promotion)
    answer = ask_person(verdict, version, evaluation.challenge, promotion)
    return promote_version(version, answer, promotion, output)
