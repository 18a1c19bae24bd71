"""`python agent.py URL FROM TO`: the extensive calls through Airbyte's agent connector for Gong, printed as messages.

Runs in an environment of its own (see `rivals.py`), so it imports nothing of this project.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from airbyte_agent_gong import GongConnector, connector_model  # type: ignore[import-not-found]
from airbyte_agent_gong.models import GongAccessKeyAuthenticationAuthConfig  # type: ignore[import-not-found]

FIELDS = {"parties": True, "content": {"topics": True, "trackers": True, "brief": True, "outline": True}}


async def main(url: str, start: str, end: str) -> None:
    """Read page after page, as its documentation shows."""
    connector_model.GongConnectorModel.base_url = url
    connector = GongConnector(auth_config=GongAccessKeyAuthenticationAuthConfig(access_key="k", access_key_secret="s"))
    cursor = None
    while True:
        found = await connector.calls_extensive.list(
            filter={"fromDateTime": start, "toDateTime": end},
            content_selector={"context": "Extended", "exposedFields": FIELDS},
            cursor=cursor,
        )
        for call in found.data:
            data = call if isinstance(call, dict) else call.model_dump(by_alias=True)
            record = {"stream": "calls_extensive", "data": data, "emitted_at": int(time.time() * 1000)}
            print(json.dumps({"type": "RECORD", "record": record}))
        pages = found.meta.pagination
        cursor = pages.get("cursor") if isinstance(pages, dict) else getattr(pages, "cursor", None)
        if not cursor:
            return


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
