"""Which calls are private, for records that name a call and don't say."""

from __future__ import annotations

import threading

from source_gong.reading.asking import Asking
from source_gong.report import StreamReport
from source_gong.windows.window import Window
from source_gong.wire.client import Client


class Privacy:
    """What is known of calls' privacy in a sync. A call that Gong does not show counts as private: nothing tells that
    it is not. Safe from any thread."""

    def __init__(self, client: Client, batch: int) -> None:
        self._client, self._batch = client, batch
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}

    def private_among(self, call_ids: set[str], asking: Asking, asker: StreamReport) -> set[str]:
        """Those of the calls that are private or not shown. Costs a request for each 100 calls not asked for yet."""
        with self._lock:
            unknown = sorted(call_ids - self._known.keys())
            for first in range(0, len(unknown), self._batch):
                batch = unknown[first : first + self._batch]
                self._known.update(dict.fromkeys(batch, True))
                answer = self._client.ask(asking.endpoint, asking.asked(Window({"callIds": batch})), asker)
                for call in answer.body[asking.endpoint.key]:
                    facts = call.get("metaData") or {}
                    self._known[str(facts.get("id"))] = facts.get("isPrivate") is True
            return {call_id for call_id in call_ids if self._known[call_id]}
