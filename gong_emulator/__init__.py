"""An emulator of the Gong public API v2: real HTTP, invented data, recorded manners."""

from gong_emulator.clock import Clock
from gong_emulator.company import Company
from gong_emulator.company_options import CompanyOptions
from gong_emulator.faults import Fault
from gong_emulator.media_files import MediaFile
from gong_emulator.options import EmulatorOptions
from gong_emulator.records.call import Call
from gong_emulator.server import Emulator

__all__ = ["Call", "Clock", "Company", "CompanyOptions", "Emulator", "EmulatorOptions", "Fault", "MediaFile"]
