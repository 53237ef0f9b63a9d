"""The versions of a bundle: what each was made from, which one is the champion, which may go."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from tasks.domain.errors import NoSuchVersion
from tasks.domain.products import Bundle, GeneralLoss, Product, StoredFile
from tasks.domain.reports import columns, general_loss, percent
from tasks.domain.untrusted.printable import on_one_line


class Lineage(Product):
    """What a version was made from; the same lineage on the same machine makes the same model."""

    toolset_fingerprint: str
    include_tools: tuple[str, ...] = ()
    """The names and patterns that its tools were chosen by; empty for all of the server's."""
    server_version: str
    train: str
    """sha256 of the training rows."""
    heldout: str
    phrasebook: str
    """sha256 of the server's phrasebook; empty where it has none."""
    base: str
    base_sha256: str
    base_licence: str
    adapter: str
    """sha256 of the adapter's files."""
    profile: str
    profile_fingerprint: str
    samples: int
    seed: int
    quantization: str
    code: str
    """Version of mcp-forge and, where it is a checkout, its commit."""


class Version(Product):
    """One bundle in the storage; it is never changed."""

    id: str
    name: str
    """The bundle's, of server and model."""
    server: str
    model: str
    made_at: datetime
    files: StoredFile
    gguf: str
    """sha256 of the model's file."""
    exact_match: float
    abstention: float
    loops: float
    """Rates on its own held-out rows."""
    general_loss: GeneralLoss | None = None
    """Of base and tuned model on text that has nothing to do with the server."""
    adapter: StoredFile | None = None
    """Where it lies in the storage, as long as it is kept there."""
    dataset_card: StoredFile | None = None
    lineage: Lineage


class Decision(Product):
    """What became of a version."""

    kind: Literal["promoted", "rejected", "rolled back"]
    version: str
    """The one that was promoted or rejected, or to which was rolled back."""
    at: datetime
    reason: str


def champions(decisions: Iterable[Decision]) -> list[str]:
    """The versions that a rollback leads through, the champion last; empty without a champion.

    A promotion puts a version on top, a rollback takes the top one off.
    """
    stack: list[str] = []
    for decision in sorted(decisions, key=lambda decision: decision.at):
        if decision.kind == "promoted":
            stack.append(decision.version)
        elif decision.kind == "rolled back" and stack:
            stack.pop()
    return stack


def last_forged(decisions: Iterable[Decision]) -> str:
    """The version that a forge came to last, promoted or not; empty where none is decided yet."""
    forge_decisions = [decision for decision in decisions if decision.kind != "rolled back"]
    return max(forge_decisions, key=lambda decision: decision.at).version if forge_decisions else ""


def before_champion(stack: Sequence[str], name: str) -> str:
    """The version that a rollback leads to, of those that were champions.

    Raises:
        NoSuchVersion: there was no champion before this one.
    """
    if len(stack) < 2:
        raise NoSuchVersion(
            f"{name}: no champion before this one; mcp-forge promote takes any version"
        )
    return stack[-2]


def as_bundle(version: Version, path: str, reason: str, *, promoted: bool) -> Bundle:
    """A version as what a run hands back: where it lies and what was decided."""
    return Bundle(
        path=path,
        sha256=version.files.sha256,
        server=version.server,
        model=version.model,
        profile=version.lineage.profile,
        toolset_fingerprint=version.lineage.toolset_fingerprint,
        version=version.id,
        promoted=promoted,
        reason=reason,
    )


def find_version(versions: Sequence[Version], beginning: str, name: str) -> Version:
    """The one version whose id begins so.

    Raises:
        NoSuchVersion: there is none, or several.
    """
    matches = [version for version in versions if version.id.startswith(beginning)]
    if len(matches) != 1:
        ids = ", ".join(version.id for version in matches or versions) or "none"
        many = "several versions begin" if matches else "no version begins"
        raise NoSuchVersion(f"{name}: {many} with {beginning!r}; there are: {ids}")
    return matches[0]


def removable(
    versions: Sequence[Version],
    decisions: Sequence[Decision],
    versions_kept: int,
    days: float,
    now: datetime,
) -> list[Version]:
    """The versions that may go: neither among the newest nor young, and not to be rolled back to.

    The champion and the one before it stay whatever their age.
    """
    rollback_ids = set(_existing(champions(decisions), versions)[-2:])
    newest_first = sorted(versions, key=lambda version: version.made_at, reverse=True)
    oldest = now - timedelta(days=days)
    return [
        version
        for version in newest_first[versions_kept:]
        if version.made_at < oldest and version.id not in rollback_ids
    ]


def _existing(stack: Sequence[str], versions: Sequence[Version]) -> list[str]:
    there = {version.id for version in versions}
    return [version for version in stack if version in there]


def versions_text(versions: Sequence[Version], decisions: Sequence[Decision]) -> str:
    """All versions of one bundle, newest first, with what became of each."""
    stack = _existing(champions(decisions), versions)
    champion = stack[-1] if stack else ""
    last = {d.version: d for d in sorted(decisions, key=lambda d: d.at) if d.kind != "rolled back"}
    rows = [
        [
            "→" if version.id == champion else "",
            version.id,
            *map(percent, (version.exact_match, version.abstention, version.loops)),
            version.lineage.profile,
            version.lineage.quantization,
            str(version.lineage.seed),
            _fate(version, champion, last.get(version.id)),
        ]
        for version in sorted(versions, key=lambda version: version.made_at, reverse=True)
    ]
    header = [
        "",
        "version",
        "exact match",
        "abstention",
        "loops",
        "profile",
        "quantization",
        "seed",
        "",
    ]
    return columns([header, *rows])


def _fate(version: Version, champion: str, decision: Decision | None) -> str:
    if version.id == champion:
        return "champion"
    if decision is None:
        return "not decided"
    return f"{decision.kind}: {on_one_line(decision.reason)}"


def differences_text(one: Version, other: Version) -> str:
    """What two versions were made from and how good they are, where that differs."""
    sides = [{**_facts(version), **version.lineage.model_dump()} for version in (one, other)]
    rows = [
        [name, str(sides[0][name]), str(sides[1][name])]
        for name in sides[0]
        if sides[0][name] != sides[1][name]
    ]
    if not rows:
        return f"{one.id} and {other.id} do not differ"
    return columns([["", one.id, other.id], *rows])


def _facts(version: Version) -> dict[str, str]:
    return {
        "made at": version.made_at.isoformat(timespec="seconds"),
        "model file": version.gguf,
        "exact match": percent(version.exact_match),
        "abstention accuracy": percent(version.abstention),
        "tool loops": percent(version.loops),
        "loss on general text": general_loss(version.general_loss),
    }
