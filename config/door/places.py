"""Where things lie: the checkout, and the state folder with everything that ./foyer makes."""

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from config.door.telling import Trouble


@dataclass(frozen=True)
class Places:
    root: Path
    home: Path

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def demo(self) -> Path:
        return self.home / "demo.json"

    def lock_file(self, kind: str) -> Path:
        name = "requirements.lock" if kind == "runtime" else "requirements-dev.lock"
        return self.root / name

    def make(self) -> None:
        try:
            for folder in (self.home, self.home / "static"):
                folder.mkdir(exist_ok=True)
            # Logs and process ids are nobody else's business.
            for folder in (self.run, self.logs, self.cache):
                folder.mkdir(mode=0o700, exist_ok=True)
            (self.run / "writable").write_bytes(b"")
        except OSError as error:
            raise Trouble(
                f"Foyer cannot write to {self.home} ({error.strerror}). "
                "Set FOYER_HOME to a folder that you may write to."
            ) from error


def find() -> Places:
    root = Path(__file__).resolve().parent.parent.parent
    named = os.environ.get("FOYER_HOME", "").strip()
    home = Path(named).expanduser().resolve() if named else root / ".foyer"
    return Places(root=root, home=home)


def environment(places: Places, *, port: int | None = None) -> dict[str, str]:
    """What every process that runs Foyer's code gets."""
    # A caller's own Python or Django settings would lead into another project.
    foreign = {"PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    env["FOYER_HOME"] = str(places.home)
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    env["VIRTUAL_ENV"] = str(places.venv)
    env["PYTHONPYCACHEPREFIX"] = str(places.cache / "python")
    env["PYTHONUNBUFFERED"] = "1"
    env["PYTHONUTF8"] = "1"
    if not (env.get("SECRET_KEY") or env.get("SECRET_KEY_FILE")):
        env["SECRET_KEY_FILE"] = str(_secret_key(places))
    if port and not env.get("FOYER_URL"):
        env["FOYER_URL"] = f"http://localhost:{port}"
    if sys.platform == "darwin":
        # Homebrew's Pango lies outside the folders that the loader looks in by itself.
        env.setdefault("DYLD_FALLBACK_LIBRARY_PATH", "/opt/homebrew/lib:/usr/local/lib:/usr/lib")
    return env


def _secret_key(places: Places) -> Path:
    path = places.home / "secret_key"
    if not path.exists() or not path.stat().st_size:
        write_private(path, secrets.token_urlsafe(50))
    return path


def write_private(path: Path, text: str) -> None:
    """Readable by the owner alone from its first byte, and whole or not there at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)
