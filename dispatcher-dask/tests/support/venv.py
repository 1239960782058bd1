"""Makes a virtual environment with one version of distributed; several processes may do it at once."""

import fcntl
import pathlib
import shutil
import subprocess
import sys

target, version = pathlib.Path(sys.argv[1]), sys.argv[2]
target.parent.mkdir(parents=True, exist_ok=True)
# The lock ends with this process, however it ends.
with open(f"{target}.lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not (target / "ready").exists():
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", target], check=True)
        pip = [target / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"distributed=={version}"], check=True)
        (target / "ready").touch()
