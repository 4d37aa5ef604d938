import os
import sys

print("mypy looked at", *sys.argv[1:])
sys.exit(int("mypy" in os.environ.get("FAILING", "")))
