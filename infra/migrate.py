"""Bring the server's database up to date, once, before its API servers start.

Prefect's block types are registered here too. Each API server would do that when it starts, and on
a new database all but one of those that start at once would fail for it.
"""

import asyncio

from prefect.plugins import load_prefect_collections
from prefect.server.database import provide_database_interface
from prefect.server.models.block_registration import run_block_auto_registration


def main() -> None:
    """Migrate the database at PREFECT_API_DATABASE_CONNECTION_URL."""
    load_prefect_collections()  # they bring block types
    asyncio.run(_migrate())


async def _migrate() -> None:
    database = provide_database_interface()
    await database.create_db()
    async with await database.session() as session:
        await run_block_auto_registration(session)


if __name__ == "__main__":
    main()
