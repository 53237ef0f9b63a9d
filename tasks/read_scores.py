"""The scores that a bundle came with."""

from pathlib import Path

from pydantic import ValidationError

from profiles import explain
from tasks.domain.bundle.scores import BENCHMARK, Scores
from tasks.domain.errors import BundleInvalid
from tasks.external.bundle_folder import open_bundle


def read_scores(folder: str) -> Scores:
    """Check a bundle's files against their sums, and read its scorecard.

    Raises:
        BundleInvalid: a file is missing or altered, or there is no scorecard.
    """
    open_bundle(Path(folder))
    return scores_of_our_own(folder)


def scores_of_our_own(folder: str) -> Scores:
    """The scorecard of a bundle whose files need no check, as it was just made."""
    try:
        text = Path(folder, BENCHMARK).read_text(encoding="utf-8")
        return Scores.model_validate_json(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BundleInvalid(f"{folder}: {BENCHMARK} cannot be read: {error}") from error
    except ValidationError as error:
        raise BundleInvalid(
            f"{folder}: {BENCHMARK} is that of another release: {explain(error)[:200]}"
        ) from error
