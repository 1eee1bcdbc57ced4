"""`python -m nova_sonic_emulator`."""

import sys

from nova_sonic_emulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
