import os
import sys

print("ruff looked at", *sys.argv[1:])
sys.exit(int("ruff" in os.environ.get("FAILING", "")))
