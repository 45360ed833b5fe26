"""Where a Java lies that Spark runs on."""

import os
import re
import shutil
import subprocess
from pathlib import Path


def spark_java():
    """The home of a Java that Spark 4.1 runs on: 17 to 21."""
    on_path = shutil.which("java")
    candidates = [os.environ.get("JAVA_HOME"), on_path and Path(os.path.realpath(on_path)).parent.parent]
    candidates += sorted(Path("/usr/lib/jvm").glob("*")) if Path("/usr/lib/jvm").is_dir() else []
    for home in filter(None, candidates):
        program = Path(home) / "bin" / "java"
        if not program.exists():
            continue
        told = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
        version = re.search(r'version "(\d+)', told)
        if version and 17 <= int(version.group(1)) <= 21:
            return str(home)
    raise FileNotFoundError("Spark needs a Java from 17 to 21, and none was found: install one, or name it in JAVA_HOME")
