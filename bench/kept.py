"""Results on disk, one file for each size of a table: what a run that was stopped need not repeat."""

import dataclasses
import json

from cases import Case
from measure import Measurement


class KeptResults:
    """Those of one build under the same conditions, in one folder; others are measured anew. Without
    a folder nothing is kept."""

    def __init__(self, folder, conditions):
        self.folder, self.conditions = folder, conditions
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def load(self, name):
        """((database, rows), {case: [measurements]}), or None if it has to be measured."""
        path = self.folder / f"{name}.json" if self.folder else None
        if not path or not path.exists():
            return None
        kept = json.loads(path.read_text())
        if kept["conditions"] != self.conditions:
            return None
        results = {
            Case(case["name"], case["who"], case["work"], command=None):
                [Measurement(**run) for run in case["runs"]]
            for case in kept["cases"]
        }
        return (kept["database"], kept["rows"]), results

    def save(self, name, database, rows, results):
        if not self.folder:
            return
        text = json.dumps({
            "conditions": self.conditions, "database": database, "rows": rows,
            "cases": [{"name": case.name, "who": case.who, "work": case.work,
                       "runs": [dataclasses.asdict(run) for run in runs]}
                      for case, runs in results.items()],
        }, indent=1)
        unfinished = self.folder / f"{name}.tmp"
        unfinished.write_text(text)
        unfinished.rename(self.folder / f"{name}.json")
