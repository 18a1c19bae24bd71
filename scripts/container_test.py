"""Builds the image, looks into it, and runs it as a platform does, against an emulator outside: `make container-test`.

The base image is BASE_IMAGE where that is set, else the Dockerfile's own where its registry is reached, else a local
stand-in. Without any of these the test fails: it never skips itself.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from gong_emulator import Emulator, EmulatorOptions

CHECKOUT = Path(__file__).parent.parent
LOCAL_BASE = CHECKOUT.parent / "shared" / "container" / "local-base.sh"
IMAGE = "source-gong:dev"
METADATA: dict[str, Any] = yaml.safe_load((CHECKOUT / "metadata.yaml").read_text())["data"]

# Run inside the image, as root, by its own Python: prints what should not be there.
PROBE = """
import importlib.util, json, os, pwd, shutil, sysconfig
import source_gong
site = sysconfig.get_paths()["purelib"]
homes = [pwd.getpwnam(user).pw_dir for user in ("root", "airbyte")]
found = {
    "modules": [m for m in ("gong_emulator", "pip", "hatchling", "pytest", "airbyte") if importlib.util.find_spec(m)],
    "tools": [t for t in ("cc", "gcc", "g++", "make", "ld", "uv", "hatchling", "git") if shutil.which(t)],
    "leftovers": [p for p in ("/build", *(f"{home}/.cache" for home in homes)) if os.path.exists(p)],
    "outside the environment": [] if source_gong.__file__.startswith(site) else [source_gong.__file__],
    "not compiled": [] if os.path.exists(importlib.util.cache_from_source(source_gong.__file__)) else ["source_gong"],
    "not in the package": [
        name for name in ("manifest.yaml", "schemas/users.json")
        if not os.path.exists(os.path.join(os.path.dirname(source_gong.__file__), name))
    ],
}
print(json.dumps({what: names for what, names in found.items() if names}))
"""


class Failed(Exception):
    """The image is not what it should be, or can't be built here; the message says which."""


@dataclass(frozen=True)
class Engine:
    """How images are built and run on this machine: the words of a command before its own arguments."""

    name: str
    base_image: str
    build: Sequence[str]
    run: Sequence[str]
    inspect: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    # True where the build sees this machine's certificates, and may therefore be pointed at them.
    shares_certificates: bool = False

    def call(self, command: Sequence[str], *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and return what it printed."""
        return subprocess.run(
            [*command, *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def engine() -> Engine:
    """Return the first engine that can build here; raises Failed when there is none."""
    dockerfile = (CHECKOUT / "Dockerfile").read_text()
    default = dockerfile.split("ARG BASE_IMAGE=", 1)[1].split(maxsplit=1)[0]
    chosen = os.environ.get("BASE_IMAGE")
    tried = []
    for name in ("docker", "podman"):
        if not shutil.which(name) or not _succeeds([name, "info"], 30):
            tried.append(f"{name} does not run here")
        elif chosen or _succeeds([name, "pull", "--quiet", default], 300):
            run = [name, "run", "--rm", "--network", "host"]
            return Engine(
                name, chosen or default, [name, "build", "--network", "host"], run, [name, "image", "inspect"]
            )
        else:
            tried.append(f"{name} can't pull {default}")
    if LOCAL_BASE.is_file():
        return _local_engine()
    raise Failed(f"no container can be built: {'; '.join(tried)}. Start an engine, or name an image with BASE_IMAGE.")


def _local_engine() -> Engine:
    made = subprocess.run(
        ["bash", LOCAL_BASE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False
    )
    if made.returncode:
        raise Failed(f"{LOCAL_BASE.name} could not make a base image")
    podman = ["podman", "--cgroup-manager", "cgroupfs", "--runtime", "runc"]
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
    certificates = "/etc/ssl/certs:/etc/ssl/certs:ro"
    return Engine(
        "buildah and podman, on a local base",
        made.stdout.split()[-1],
        ["buildah", "bud", "--network", "host", "--volume", certificates],
        [*podman, "run", "--rm", "--network", "host", *limits],
        [*podman, "image", "inspect"],
        {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"},
        shares_certificates=True,
    )


def _succeeds(command: Sequence[str], seconds: float) -> bool:
    try:
        return (
            subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False


def pip_settings(with_certificates: bool) -> str:
    """Return the text of a pip.conf with which a build reaches the packages that pip reaches here."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    wanted = [
        "index-url",
        "extra-index-url",
        "trusted-host",
        "timeout",
        "proxy",
        *(["cert"] if with_certificates else []),
    ]
    settings = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        name = key.rsplit(".", 1)[-1].removeprefix("default-")
        addresses = [part for part in value.strip("'\"").split() if not part.startswith("file:")]
        if name in wanted and addresses:
            settings[name] = " ".join(addresses)
    return "\n".join(["[global]", *(f"{name} = {value}" for name, value in settings.items()), ""])


def build(engine: Engine) -> None:
    """Build the image out of the checkout, with the version that metadata.yaml tells."""
    with TemporaryDirectory() as folder:
        secret = Path(folder) / "pip.conf"
        secret.touch(0o600)  # an address may have a password in it
        secret.write_text(pip_settings(engine.shares_certificates))
        built = engine.call(
            engine.build,
            *("--secret", f"id=pip.conf,src={secret}"),
            *("--build-arg", f"BASE_IMAGE={engine.base_image}", "--build-arg", f"VERSION={METADATA['dockerImageTag']}"),
            *("--tag", IMAGE, str(CHECKOUT)),
        )
    if built.returncode:
        raise Failed(f"the build failed:\n{built.stdout[-4000:]}\n{built.stderr[-4000:]}")


def inspect(engine: Engine) -> None:
    """Hold the image against what a platform expects of one, and against what must not be in it."""
    inspected = engine.call(engine.inspect, IMAGE)
    config = json.loads(inspected.stdout)[0]["Config"]
    environment = dict(pair.split("=", 1) for pair in config["Env"])
    expect("entry point", config["Entrypoint"], ["source-gong"])
    expect("AIRBYTE_ENTRYPOINT", environment.get("AIRBYTE_ENTRYPOINT"), "source-gong")
    expect("label io.airbyte.name", config["Labels"].get("io.airbyte.name"), METADATA["dockerRepository"])
    expect("label io.airbyte.version", config["Labels"].get("io.airbyte.version"), METADATA["dockerImageTag"])
    expect("user id", engine.call(engine.run, "--entrypoint", "id", IMAGE, "-u").stdout.strip(), "1000")
    probed = engine.call(engine.run, "--user", "0", "--entrypoint", "python3", IMAGE, "-c", PROBE)
    if probed.returncode:
        raise Failed(f"the image's Python could not look around: {probed.stderr}")
    expect("what the image should not have", json.loads(probed.stdout), {})
    with TemporaryDirectory() as folder:
        shared = Path(folder)
        shared.chmod(0o777)
        written = ["--volume", f"{shared}:/staging/files", "--entrypoint", "touch", IMAGE, "/staging/files/x"]
        expect("writing into a shared folder", engine.call(engine.run, *written).returncode, 0)


@dataclass(frozen=True)
class Connector:
    """The image with a folder mounted, in which a platform leaves its config, catalog and state."""

    engine: Engine
    folder: Path

    def call(self, command: str, **files: Any) -> list[dict[str, Any]]:
        """Run a command with these files and return its messages; anything else on stdout is a failure."""
        arguments = []
        for name, content in files.items():
            (self.folder / f"{name}.json").write_text(json.dumps(content))
            arguments += [f"--{name}", f"/config/{name}.json"]
        mount = ["--volume", f"{self.folder}:/config:ro"]
        done = self.engine.call(self.engine.run, *mount, IMAGE, command, *arguments)
        messages = []
        for line in done.stdout.splitlines():
            try:
                messages.append(json.loads(line))
                messages[-1]["type"]
            except (ValueError, TypeError, KeyError):
                raise Failed(f"{command} printed on stdout what is no Airbyte message: {line[:500]!r}") from None
        if done.returncode:
            tail = "\n".join(done.stdout.splitlines()[-5:])
            raise Failed(f"{command} ended with {done.returncode}:\n{tail[-4000:]}\n{done.stderr[-4000:]}")
        return messages


def run(engine: Engine) -> None:
    """Run spec, check, discover, and read twice: everything first, then only what is new."""
    # What Gong would slow down is tested elsewhere; here it would only make the reads of every stream take minutes.
    options = EmulatorOptions(rate_limit=None)
    with TemporaryDirectory() as folder, Emulator(options=options) as emulator:
        Path(folder).chmod(0o755)
        connector = Connector(engine, Path(folder))
        config = {
            "credentials": {
                "auth_type": "APIKey",
                "access_key": options.access_key,
                "access_key_secret": options.access_key_secret,
            },
            "api_base_url": emulator.url,
            "start_date": "2026-01-01",
            "requests_per_second": 100,
        }
        expect("specifications", len(only("SPEC", connector.call("spec"))), 1)
        checked = only("CONNECTION_STATUS", connector.call("check", config=config))
        expect("check", [message["connectionStatus"]["status"] for message in checked], ["SUCCEEDED"])
        found = only("CATALOG", connector.call("discover", config=config))
        catalog = {"streams": [selected(stream) for message in found for stream in message["catalog"]["streams"]]}

        first = connector.call("read", config=config, catalog=catalog, state=[])
        counted = counts(first)
        expect("streams without a record", {name for name in names(catalog) if not counted.get(name)}, set())

        added = emulator.company.add_call(datetime.now(UTC) - timedelta(minutes=5))
        second = connector.call("read", config=config, catalog=catalog, state=states(first))
        new = [
            message["record"]["data"] for message in only("RECORD", second) if message["record"]["stream"] == "calls"
        ]
        if added.id not in [record["id"] for record in new]:
            raise Failed("the second read missed the call that was added after the first")
        if len(new) >= counted["calls"]:
            raise Failed(f"the second read was not incremental: {len(new)} calls after {counted['calls']}")
        print(f"container-test: {sum(counted.values())} records, then {sum(counts(second).values())}")


def selected(stream: dict[str, Any]) -> dict[str, Any]:
    """Return a stream as a person selects it: incremental where that can be."""
    mode = "incremental" if "incremental" in stream["supported_sync_modes"] else "full_refresh"
    return {"stream": stream, "sync_mode": mode, "destination_sync_mode": "append"}


def names(catalog: dict[str, Any]) -> list[str]:
    """Return the names of a catalog's streams."""
    return [entry["stream"]["name"] for entry in catalog["streams"]]


def only(kind: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages of one kind."""
    return [message for message in messages if message["type"] == kind]


def counts(messages: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many records each stream had."""
    counted: dict[str, int] = {}
    for message in only("RECORD", messages):
        counted[message["record"]["stream"]] = counted.get(message["record"]["stream"], 0) + 1
    return counted


def states(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each stream's last state, as a platform keeps it and hands it to the next read."""
    last = {
        state["stream"]["stream_descriptor"]["name"]: state for state in (m["state"] for m in only("STATE", messages))
    }
    return list(last.values())


def expect(what: str, found: object, wanted: object) -> None:
    """Raise Failed unless these are equal."""
    if found != wanted:
        raise Failed(f"{what}: {found!r}, not {wanted!r}")


def main() -> int:
    """Return the exit code: 0 when the image is all that it should be."""
    try:
        chosen = engine()
        print(f"container-test: {chosen.name}, {chosen.base_image}", flush=True)
        build(chosen)
        inspect(chosen)
        run(chosen)
    except Failed as failure:
        print(f"container-test: {failure}", file=sys.stderr)
        return 1
    print(f"container-test: {IMAGE} passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
