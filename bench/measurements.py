"""The rows of the benchmark. Each measures the connector and its reference in turn (A B A B) and compares what was read
with what there is."""

from __future__ import annotations

import json
import statistics
import sys
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from bench.pages import FIRST_ID
from bench.rivals import PACKAGE, VERSION, agent_python
from bench.runs import (
    CHECKOUT,
    KEY,
    SECRET,
    Connector,
    Run,
    Wrong,
    config,
    measure,
    page_server,
    serving,
    stolen_seconds,
)
from gong_emulator import Company, CompanyOptions

START, END = "2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
FIRST_CALL, LAST_CALL = datetime.fromisoformat(START), datetime.fromisoformat(END) - timedelta(days=3)
CALL_STREAMS = ("calls", "calls_extensive", "call_transcripts")
CALL_PAGE = 100
# Gong's documented limit.
PER_SECOND = 3


@dataclass
class Row:
    """One measured figure beside its target: at most that, or with `at_least` at least that. `holds` is None where
    there is no target."""

    row: str
    what: str
    figure: float
    unit: str
    target: float | None = None
    holds: bool | None = None
    details: dict[str, Any] = field(default_factory=dict)
    at_least: bool = False


@dataclass
class Scale:
    """How much is read. `rounds` is how often each side of a comparison runs."""

    rounds: int = 3
    small: int = 500
    records: Mapping[float, int] = field(default_factory=lambda: {6.0: 20_000, 55.0: 3_000})
    history: int = 100_000
    # By seconds of latency. The later the answers, the longer the start and the end, which a real first sync has once.
    paced: Mapping[float, int] = field(default_factory=lambda: {0.2: 12_000, 1.0: 16_000, 3.0: 24_000})
    few: int = 20_000
    slow: int = 4_000
    company: int = 1_000


QUICK = Scale(1, 100, {6.0: 2_000, 55.0: 300}, 3_000, {0.2: 300}, 1_000, 300, 300)


class Bench:
    """Measures rows at a scale; files go to `folder`."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.scale = scale
        self._folder = folder
        self.connector = Connector(folder / "connector")
        self._stock = Connector(folder / "stock", "bench.stock")

    def rows(self) -> dict[str, Callable[[], Iterator[Row]]]:
        """Every row by its name."""
        return {
            "requests": self.requests,
            "pace": self.pace,
            "cpu": self.cpu,
            "memory": self.memory,
            "slow": self.slow,
            "nothing-new": self.nothing_new,
            "commands": self.commands,
        }

    def requests(self) -> Iterator[Row]:
        """Requests of a full sync of three streams, without limits or latency."""
        count = self.scale.history
        with gong(count) as (url, company):
            run = measure(self.connector.command("read", config(url, start_date=START, end_date=END), CALL_STREAMS))
            truth = calls_of(company)
            run.must_have(truth)
            asked = len(_log(url))
        windows = sum(report["windows"] for report in reports(run).values())
        pages = sum(-(-len(ids) // CALL_PAGE) for ids in truth.values())
        details = {"calls": count, "requests": asked, "pages": pages, "windows": windows}
        ratio = asked / (pages + windows)
        yield Row("requests", f"requests of a full sync of {count:,} calls ÷ (pages + windows)", ratio, "x", 1.03,
                  ratio <= 1.03, details)  # fmt: skip
        bare = asked / pages
        yield Row("requests", "the same ÷ pages alone, which no reader can go below", bare, "x", details=details)
        planned = json.loads(next(log for log in run.logs if log.startswith("sync_plan ")).removeprefix("sync_plan "))
        yield Row("requests", "requests that the plan announced ÷ requests made", planned["requests"] / asked, "x")
        size = max(run.states.values())
        yield Row("state", "largest state of the call streams", size / 1000, "KB", 10, size <= 10_000)

    def pace(self) -> Iterator[Row]:
        """Wall time at Gong's limit, with Gong's answers late."""
        for latency, calls in self.scale.paced.items():
            with gong(calls, "--rate-limit", "3", "--latency", str(latency)) as (url, company):
                given = config(url, start_date=START, end_date=END, requests_per_second=PER_SECOND)
                before = stolen_seconds()
                run = measure(self.connector.command("read", given, CALL_STREAMS))
                stolen = stolen_seconds() - before
                run.must_have(calls_of(company))
                stats = _get(url, "stats")
            least = stats["requests"] / PER_SECOND
            ratio = run.seconds / least
            details = {"calls": calls, "seconds": run.seconds, "beside": run.seconds - least, **stats}
            what = f"wall time ÷ (requests ÷ 3), answers after {latency:g} s, {calls:,} calls"
            yield Row("pace", what, ratio, "x", 1.08, ratio <= 1.08, details)
            refused = stats["tooManyRequests"]
            what = f"answers 429 in these {stats['requests']} requests"
            yield Row("pace", what, refused, "", 0, refused == 0)
            # A request that is held up on its way can be counted with later ones.
            yield Row("pace", f"processor time that the host took away in these {run.seconds:.0f} s", stolen, "s")

    def cpu(self) -> Iterator[Row]:
        """CPU seconds per record against the bare loop, the stock components, and what a user would pick instead."""
        python = agent_python()
        for size, count in self.scale.records.items():
            spent: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
            took: dict[str, list[float]] = defaultdict(list)
            for calls in (self.scale.small, count):
                with page_server(calls, size) as url:
                    for _ in range(self.scale.rounds):
                        for name, command in self._contenders(url, python, calls > 20 * self.scale.small).items():
                            run = measure(command)
                            run.must_have({"calls_extensive": range(FIRST_ID, FIRST_ID + calls)})
                            spent[name][calls].append(run.cpu)
                            if calls == count:
                                took[name].append(run.seconds)
            each = {name: _slope(by_calls) for name, by_calls in spent.items()}
            whole = {name: statistics.median(by_calls[count]) / count for name, by_calls in spent.items()}
            own, label = each["source-gong"], f"{size:g} KB"
            details = {
                "microseconds per record": {name: round(value * 1e6, 1) for name, value in each.items()},
                "with start-up": {name: round(value * 1e6, 1) for name, value in whole.items()},
                "records": count,
                "kilobytes": size,
                "seconds": {name: statistics.median(values) for name, values in took.items()},
            }
            ratio = own / each["bare loop"]
            yield Row("cpu", f"CPU per record of {label} ÷ bare loop", ratio, "x", 2.0, ratio <= 2.0, details)
            calm = own / each["bare loop with a calm collector"]
            yield Row("cpu", "the same ÷ bare loop with a calm collector", calm, "x")
            target = 5.0 if size < 20 else 7.0
            ratio = each["stock CDK components"] / own
            yield Row(
                "cpu", f"CPU per record of {label}: stock CDK components ÷ ours", ratio, "x", target, ratio >= target,
                at_least=True,
            )  # fmt: skip
            yield Row("cpu", "the same, a script with `requests` and `json` ÷ ours", each["script"] / own, "x")
            if "agent" in each:
                yield Row("cpu", f"the same, {PACKAGE} {VERSION} ÷ ours", each["agent"] / own, "x")
            else:
                yield Row("cpu", f"{PACKAGE} {VERSION} does not install here", 0, "")

    def _contenders(self, url: str, python: Path | None, long: bool) -> dict[str, list[str]]:
        given = config(url, start_date=START, end_date="2026-02-01T00:00:00Z", crm_context="extended")
        plain = {"api_base_url": url, "access_key": "k", "access_key_secret": "s", "num_workers": 12}
        period = {"start_date": START, "end_date": "2026-02-01T00:00:00Z"}
        bare = [sys.executable, "-m", "bench.bare", url, *period.values()]
        found = {
            "bare loop": bare,
            "source-gong": self.connector.command("read", given, ["calls_extensive"]),
            "bare loop with a calm collector": [*bare, "--calm"],
            "script": [*bare, "--json"],
            "stock CDK components": self._stock.command("read", {**plain, **period}, ["calls_extensive"]),
        }
        if python:
            found["agent"] = [str(python), str(CHECKOUT / "bench" / "agent.py"), url, *period.values()]
        return found

    def memory(self) -> Iterator[Row]:
        """Peak memory and time for some calls and ten times as many."""
        few, many = self.scale.few, 10 * self.scale.few
        runs: dict[int, list[Run]] = defaultdict(list)
        for calls in (few, many, few):
            runs[calls].append(self._read(calls, 6))
        peak = {calls: max(run.peak for run in found) for calls, found in runs.items()}
        took = {calls: statistics.median(run.seconds for run in found) for calls, found in runs.items()}
        details = {"seconds": took, "peak": peak, "start-up": "included"}
        for calls in (few, many):
            what = f"peak memory, {calls:,} extensive calls of 6 KB"
            yield Row("memory", what, peak[calls], "MB", 200, peak[calls] <= 200)
        ratio = peak[many] / peak[few]
        yield Row("memory", f"peak memory, {many:,} calls ÷ {few:,} calls", ratio, "x", 1.1, ratio <= 1.1, details)
        ratio = took[many] / took[few]
        yield Row("growth", f"time, {many:,} calls ÷ {few:,} calls", ratio, "x", 10.5, ratio <= 10.5, details)

    def slow(self) -> Iterator[Row]:
        """Peak memory where what is printed is taken away slowly."""
        for size, calls in ((6.0, 5 * self.scale.slow), (55.0, self.scale.slow)):
            peak = self._read(calls, size, 20e6).peak
            what = f"peak memory, calls of {size:g} KB, a destination that takes 20 MB/s"
            yield Row("slow", what, peak, "MB", 350, peak <= 350, {"calls": calls})

    def _read(self, calls: int, size: float, bytes_per_second: float | None = None) -> Run:
        with page_server(calls, size) as url:
            given = config(url, start_date=START, end_date="2026-02-01T00:00:00Z", crm_context="extended")
            run = measure(self.connector.command("read", given, ["calls_extensive"]), bytes_per_second)
        run.must_have({"calls_extensive": range(FIRST_ID, FIRST_ID + calls)})
        return run

    def nothing_new(self) -> Iterator[Row]:
        """A second sync of all streams, right after the first."""
        now = datetime.now(UTC)
        with gong(self.scale.company, first=now - timedelta(days=730), last=now - timedelta(days=4)) as (url, company):
            given = config(url, start_date=f"{now - timedelta(days=732):%Y-%m-%d}")
            streams = self._streams(url)
            first = measure(self.connector.command("read", given, streams))
            first.must_have(calls_of(company))
            before, seconds, imports, beside = len(_log(url)), [], [], []
            for _ in range(self.scale.rounds):
                second = measure(self.connector.command("read", given, streams, first.state_messages()))
                again = second.ids.get("calls", {})
                second.must_have({"calls": [call for call in calls_of(company)["calls"] if call in again]})
                log = _log(url)[before:]
                imports.append(measure([sys.executable, "-c", "import airbyte_cdk"]).seconds)
                beside.append(_replayed(url, log))
                before = len(_log(url))
                seconds.append(second.seconds)
        counts = {name: report["requests"] for name, report in reports(second).items()}
        details = {"requests": len(log), "by stream": counts, "seconds": seconds, "import": imports, "sent": beside}
        yield Row("nothing-new", "requests of an incremental sync with nothing new, all streams", len(log), "",
                  details=details)  # fmt: skip
        asked = Counter(json.dumps([entry[name] for name in ("method", "path", "query", "json")]) for entry in log)
        # Audio and video are two streams, and each asks for the addresses of the same calls.
        again = sum(max(0, count - (2 if '"media": true' in request else 1)) for request, count in asked.items())
        yield Row("nothing-new", "of these, asked by a stream once more", again, "", 0, again == 0)
        pairs = zip(seconds, imports, beside, strict=True)
        ratio = statistics.median((whole - sent) / bare for whole, bare, sent in pairs)
        what = "its time beside the requests ÷ import of the CDK"
        yield Row("nothing-new", what, ratio, "x", 1.5, ratio <= 1.5)
        size = max(first.states.values())
        what = f"largest state of any stream ({max(first.states, key=lambda name: first.states[name])})"
        yield Row("state", what, size / 1000, "KB", 10, size <= 10_000, {"states": first.states})

    def _streams(self, url: str) -> list[str]:
        return measure(self.connector.command("discover", config(url))).streams

    def commands(self) -> Iterator[Row]:
        """`spec`, `check` and `discover` beside the import of the CDK."""
        over: dict[str, list[tuple[float, float]]] = defaultdict(list)
        with gong(200) as (url, _):
            for _ in range(self.scale.rounds * 4):
                bare = measure([sys.executable, "-c", "import airbyte_cdk"])
                for name in ("spec", "check", "discover"):
                    run = measure(self.connector.command(name, None if name == "spec" else config(url)))
                    over[name].append((run.seconds - bare.seconds, run.cpu - bare.cpu))
        for name, pairs in over.items():
            seconds, cpu = (statistics.median(pair[which] for pair in pairs) for which in (0, 1))
            what = f"`{name}`, over `import airbyte_cdk`"
            yield Row("commands", what, seconds, "s", 0.4, seconds <= 0.4, {"cpu": cpu})
            yield Row("commands", f"{what}, in CPU seconds", cpu, "s")


def _slope(by_calls: Mapping[int, list[float]]) -> float:
    """Seconds for each further call: start-up cancels out."""
    few, many = min(by_calls), max(by_calls)
    return (statistics.median(by_calls[many]) - statistics.median(by_calls[few])) / (many - few)


@contextmanager
def gong(
    calls: int,
    *options: str,
    first: datetime = FIRST_CALL,
    last: datetime = LAST_CALL,
) -> Iterator[tuple[str, Company]]:
    """An emulated Gong in a process of its own, whose calls are spread over two years, and the same company to compare
    with. No limits unless `options` say otherwise."""
    command = [sys.executable, "-m", "gong_emulator", "--port", "0", "--calls", str(calls)]
    command += ["--first-call", first.isoformat(), "--last-call", last.isoformat(), "--daily-quota", "0"]
    command += ["--access-key", KEY, "--access-key-secret", SECRET]
    command += [] if "--rate-limit" in options else ["--rate-limit", "0"]
    company = Company(CompanyOptions(calls=calls, first_call=first, last_call=last))
    with serving([*command, *options], lambda line: line.split()[-1]) as url:
        yield url, company


def calls_of(company: Company) -> dict[str, list[int]]:
    """The ids of the calls and of the calls with a transcript, as everything has come."""
    ids = [int(call.id) for call in company.calls]
    spoken = [int(call.id) for call in company.calls if call.transcript_visible_from]
    return {"calls": ids, "calls_extensive": ids, "call_transcripts": spoken}


def reports(run: Run) -> dict[str, Any]:
    """What each stream reported at its end."""
    found = [json.loads(log.removeprefix("stream_report ")) for log in run.logs if log.startswith("stream_report ")]
    return {report["stream"]: report for report in found}


def _get(url: str, what: str) -> Any:
    with urllib.request.urlopen(f"{url}/_emulator/{what}") as answer:
        return json.loads(answer.read())


def _log(url: str) -> list[Any]:
    return [entry for entry in _get(url, "requests")["requests"] if entry["path"].startswith("/v2/")]


def _replayed(url: str, log: Sequence[Any]) -> float:
    """How long the same requests take one after the other with nothing else."""
    began = datetime.now(UTC)
    with requests.Session() as session:
        session.auth = (KEY, SECRET)
        for entry in log:
            session.request(entry["method"], url + entry["path"], params=entry["query"], json=entry["json"])
    return (datetime.now(UTC) - began).total_seconds()


__all__ = ["QUICK", "Bench", "Row", "Scale", "Wrong"]
