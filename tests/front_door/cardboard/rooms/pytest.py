"""Notes how it was called; fails where it is told to."""

import os
import sys

part = "browser" if "browser" in sys.argv else "suite"
chromium = os.environ.get("FOYER_CHROMIUM", "")
with open(os.environ["CALLS"], "a") as calls:
    calls.write(f"{part} {' '.join(sys.argv[1:])} {chromium}\n")
sys.exit(int(os.environ.get(f"{part.upper()}_ENDS_WITH", "0")))
