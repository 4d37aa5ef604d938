import os
import sys

print("djlint looked at", *sys.argv[1:])
sys.exit(int("djlint" in os.environ.get("FAILING", "")))
