"""One endpoint of Gong's API, as the manifest declares it: what is asked there, and what a good answer looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from source_gong.wire.signing import Signer


@dataclass(frozen=True)
class Endpoint:
    """`template` is the path as the manifest writes it, for errors; `path` and `parameters` render path and query
    parameters for a partition. `body` is what each POST carries, whatever the partition.

    `key` is the key that every good answer has, a list of objects or, with `shape` being `dict`, an object: a 200
    without it (HTML, half a document, another shape) is retried and then fails, never an empty page. `paged` says that
    a good answer has a `records` object too. `empty_sentences` are the texts of a 404 that mean an empty list here,
    beside the one that all lists share; every other 404 is an error. `scope` is the right in Gong that it needs, and
    `signer` signs the requests."""

    method: str
    template: str
    path: Callable[[Mapping[str, Any]], str]
    parameters: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    body: Mapping[str, Any]
    key: str
    shape: type[list[Any]] | type[dict[str, Any]]
    paged: bool
    empty_sentences: frozenset[str]
    scope: str
    signer: Signer

    @property
    def title(self) -> str:
        """Method and path, as errors name them."""
        return f"{self.method} {self.template}"


@dataclass(frozen=True)
class Asked:
    """What one request asks of an endpoint: a path from `/v2/` on, query parameters, and the body of a POST."""

    path: str
    parameters: Mapping[str, Any]
    body: Mapping[str, Any]
