"""Runs the tool, and the programs beside it that go by other names."""

import json
import os
import subprocess

BINARY = os.environ["TIDEMARK_BINARY"]
FOLDER = os.path.dirname(BINARY)
RUN_TIMEOUT_S = 300


class Ran:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def summary(self):
        """The last line of --json."""
        return json.loads(self.out.splitlines()[-1])

    def text(self):
        return f"exit code {self.code}\n{self.out}\n{self.err}"


def run(words, folder, code=0, **variables):
    """Runs `words` in `folder`, with `tidemark` for the tool, and a path below the build folder for
    a first word with a leading `./`. Nothing of the tester's environment leaks in."""
    words = [str(word) for word in words]
    words = [BINARY if words[0] == "tidemark" else words[0], *words[1:]]
    words = [os.path.join(FOLDER, word[2:]) if word.startswith("./") else word for word in words]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    process = subprocess.run(words, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=RUN_TIMEOUT_S, encoding="utf-8", errors="replace",
                             check=False)
    ran = Ran(process)
    assert "Sanitizer" not in ran.err and "runtime error" not in ran.err, ran.text()
    assert code is None or ran.code == code, ran.text()
    return ran


def public_data(path):
    """A file of the public data sets: beside the source folder, or in $TIDEMARK_PUBLIC_DATA; None
    when it is not there."""
    source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folder = os.environ.get("TIDEMARK_PUBLIC_DATA", os.path.join(source, "../shared/data"))
    found = os.path.join(folder, path)
    return found if os.path.exists(found) else None
