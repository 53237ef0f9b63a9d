"""Automations that notify: what an operator names wrongly is said by its name."""

from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from infra.apply_automations import apply
from tests.fakes.prefect_api import prefect_api


@pytest.mark.parametrize("block", ["slack-webhook/nobody", "nobody"])
def test_a_notification_block_that_is_not_there_is_told_before_an_automation_is_touched(
    block: str,
) -> None:
    with prefect_api({}) as script:
        settings: dict[Any, Any] = {PREFECT_API_URL: script.url}
        with (
            temporary_settings(settings),
            get_client(sync_client=True) as client,
            pytest.raises(SystemExit) as ended,
        ):
            apply(client, block)
    assert str(ended.value).startswith(f"MCP_FORGE_NOTIFICATION_BLOCK: no block {block!r}; needed")
    assert not [path for path in script.requests if "automations" in path]
