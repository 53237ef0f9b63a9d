"""Toolset → what has changed since the last published bundle; None when there is nothing to do."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from tasks.domain.bundle.tool_changes import ToolChanges, compare
from tasks.domain.bundle.versions import Version
from tasks.domain.products import Toolset
from tasks.external.versions import Versions
from tasks.reporting import artifacts, events


@task(cache_policy=NO_CACHE)
def notice_changes(toolset: Toolset, last: Version) -> ToolChanges | None:
    """Compare the tools with those that the champion and the version forged last were made for.

    Where they are those of the last version there is nothing to do, promoted or not: one that was
    no better is not forged again every night.

    Args:
        toolset: the server's tools now, chosen as those of the last version were.
        last: the version that was forged last.

    Raises:
        UnusableData: a version's record cannot be read.
    """
    versions = Versions(last.name)
    champion = versions.champion() or last
    differences = [compare(versions.toolset(version), toolset) for version in (champion, last)]
    if None in differences:
        get_run_logger().info("The %d tools are those of the bundle", len(toolset.tools))
        return None
    changes = differences[-1]
    assert changes is not None
    artifacts.tool_changes(changes)
    events.tools_changed(changes, last.model)
    return changes
