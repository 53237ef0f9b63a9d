"""How a model is served: how sure it must be before its call is made, and what a call may be."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.bundle.checks import CONFIDENCE, OpenedBundle
from tasks.domain.errors import BundleInvalid
from tasks.domain.products.prompts import WITHOUT_LIST

MinConfidence = Literal["off", "auto", "bundle"] | Annotated[float, Field(ge=0, le=1)]
""""off" makes every call, "auto" takes the threshold that was best on the held-out rows, and
"bundle" is "auto" where the model sees no list of its tools, else "off"."""


def least_confidence(choice: MinConfidence, bundle: OpenedBundle) -> float:
    """The probability of being right below which a call is held back.

    Raises:
        BundleInvalid: the bundle says nothing of it.
    """
    if choice == "bundle":
        is_wanted = bundle.calibration and bundle.agent.tools_in_prompt in WITHOUT_LIST
        choice = "auto" if is_wanted else "off"
    if choice == "off":
        return 0.0
    if bundle.calibration is None:
        raise BundleInvalid(
            f"{bundle.path}: no {CONFIDENCE}, which a least confidence needs; forge it again, or "
            "leave --min-confidence off"
        )
    return bundle.calibration.threshold if choice == "auto" else choice


def is_constrained(choice: bool | None, bundle: OpenedBundle) -> bool:
    """Whether calls are kept to the tools' schemas: None leaves it to what the prompts list."""
    return bundle.agent.tools_in_prompt in WITHOUT_LIST if choice is None else choice
