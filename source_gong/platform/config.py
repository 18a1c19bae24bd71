"""How the components of a sync find what they share: the configuration carries it.

The CDK builds each component that the manifest names and hands it nothing but the configuration, the same object to
all. So that is a dict with one attribute more. Any other host of the CDK hands over a plain dict; then the first
component makes a sync for it, and the others, built with the same dict, find it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from source_gong.platform.packaged import read_manifest
from source_gong.platform.sync import Surroundings, Sync
from source_gong.settings import read_settings


class Config(dict[str, Any]):
    """The checked configuration with every default, and the sync that it is the configuration of."""

    def __init__(self, sync: Sync) -> None:
        super().__init__(sync.settings.values)
        self.sync = sync


class _Hosts:
    """The syncs of plain configurations, by the very object: a few, so that a host that lives for long keeps few."""

    MOST = 4

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._syncs: list[tuple[Mapping[str, Any], Sync]] = []

    def sync_of(self, config: Mapping[str, Any]) -> Sync:
        with self._lock:
            for known, sync in self._syncs:
                if known is config:
                    return sync
            surroundings = Surroundings()
            spec = read_manifest()["spec"]["connection_specification"]
            settings = read_settings(config, spec, surroundings.clock.now())
            made = Sync(settings, dict(config), surroundings=surroundings)
            self._syncs = [*self._syncs[1 - self.MOST :], (config, made)]
            return made


_HOSTS = _Hosts()


def sync_of(config: Mapping[str, Any]) -> Sync:
    """The sync that a component belongs to. Raises `ConfigError` for a plain configuration that is not right."""
    return config.sync if isinstance(config, Config) else _HOSTS.sync_of(config)
