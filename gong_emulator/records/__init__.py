"""What the company holds, one room per kind of record. Everything follows from the seed."""

from typing import Any

Record = dict[str, Any]
