"""`python -m gong_emulator` is the command `gong-emulator`."""

import sys

from gong_emulator.cli import main

sys.exit(main())
