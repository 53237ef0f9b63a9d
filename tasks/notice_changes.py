"""Toolset → what has changed since the last published bundle; None when there is nothing to do."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from tasks.domain.bundle.files import bundle_name
from tasks.domain.bundle.tool_changes import ToolChanges, compare
from tasks.domain.bundle.versions import last_forged
from tasks.domain.products import Toolset
from tasks.external.versions import Versions
from tasks.reporting import artifacts, events


@task(cache_policy=NO_CACHE)
def notice_changes(toolset: Toolset, model: str) -> ToolChanges | None:
    """Compare the tools with those that the champion and the version forged last were made for.

    Where they are those of the last version there is nothing to do, promoted or not: one that was
    no better is not forged again every night. Without a version there is nothing to be out of
    date: the first one is forged by a person.

    Raises:
        UnusableData: a version's record cannot be read.
    """
    versions = Versions(bundle_name(toolset.server, model))
    by_id = {version.id: version for version in versions.all()}
    if not by_id:
        get_run_logger().info("No bundle of %s on %s is published yet", toolset.server, model)
        return None
    last = by_id.get(last_forged(versions.decisions())) or list(by_id.values())[-1]
    champion = versions.champion() or last
    differences = [compare(versions.toolset(version), toolset) for version in (champion, last)]
    if None in differences:
        get_run_logger().info("The %d tools are those of the bundle", len(toolset.tools))
        return None
    changes = differences[-1]
    assert changes is not None
    artifacts.tool_changes(changes)
    events.tools_changed(changes, model)
    return changes
