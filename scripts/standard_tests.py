"""Runs the CDK's standard connector tests against an emulator: `make standard-tests`.

They insist on a directory named after the connector, and read no more of it than its metadata and its
configurations. So these are copied into one, whatever the checkout itself is called.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from gong_emulator import Emulator, EmulatorOptions

CHECKOUT = Path(__file__).parent.parent
CONFIGURATIONS = Path("integration_tests/acceptance")


def main() -> int:
    """Return the exit code of the tests."""
    with TemporaryDirectory() as parent, Emulator(options=EmulatorOptions(rate_limit=None)) as emulator:
        connector = Path(parent) / "source-gong"
        (connector / CONFIGURATIONS).mkdir(parents=True)
        for name in ("metadata.yaml", "acceptance-test-config.yml"):
            shutil.copy(CHECKOUT / name, connector)
        for file in (CHECKOUT / CONFIGURATIONS).glob("*.json"):
            config = {**json.loads(file.read_text()), "api_base_url": emulator.url}
            (connector / CONFIGURATIONS / file.name).write_text(json.dumps(config))
        command = [str(Path(sys.executable).with_name("airbyte-cdk")), "connector", "test", f"{connector}/"]
        # The suite's tests of an image want a Docker daemon; `make container-test` does their work without one.
        return subprocess.run([*command, "--pytest-arg=-k", "--pytest-arg=not docker"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
