"""dbt for tests, loaded once: a line of JSON asks for a command, a line of JSON answers it.

`{"args": [...], "env": {...}, "manifest": "key"}` -> `{"success": true, "results": [...], "errors": [...]}`. The manifest
is parsed for the first command with a key, and used again for all that follow. Without arguments, the answer is the models
of the manifest. With `"fork": true` a process of its own carries the command out, which may be killed: a line
`{"pid": 1}` comes before the answer.
"""

import gc
import json
import os
import sys

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
manifests = {}


def invoke(args, manifest, errors):
    def on_event(event):
        if event.info.level == "error":
            errors.append(event.info.msg)

    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json", "--no-version-check"]
    return dbtRunner(manifest=manifest, callbacks=[on_event]).invoke([*args, *quiet])


def hear_what_matters():
    """Neither information nor what is there for debugging becomes a message: that takes a sixth of dbt's time."""
    make, fire = BaseEvent.__init__, EventManager.fire_event

    def keep(event, *args, **kwargs):
        object.__setattr__(event, "making", lambda: make(event, *args, **kwargs))
        if event.level_tag() is not EventLevel.DEBUG:
            event.making()

    def fire_event(manager, event, level=None, *args, **kwargs):
        if (level or event.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
            event.making()
            fire(manager, event, level, *args, **kwargs)

    BaseEvent.__init__, EventManager.fire_event = keep, fire_event


def describe(manifest):
    models = (node for node in manifest.nodes.values() if str(node.resource_type) == "model")
    return [
        {"name": node.name, "key": node.config.unique_key, "parents": [id.split(".")[-1] for id in node.depends_on.nodes]}
        for node in sorted(models, key=lambda node: node.name)
    ]


def answer(message):
    protocol.write(json.dumps(message) + "\n")
    protocol.flush()


hear_what_matters()
for line in sys.stdin:
    request = json.loads(line)
    os.environ.update(request["env"])
    errors = []
    key = request["manifest"]
    if key not in manifests:
        manifests[key] = invoke(["parse", *request["folders"]], None, errors).result
        # It stays: the collector need not look at it again.
        gc.freeze()
    if not request["args"]:
        answer({"models": describe(manifests[key])})
        continue
    child = os.fork() if request.get("fork") else None
    if child:
        answer({"pid": child})
        if os.waitpid(child, 0)[1] != 0:
            answer({"success": False, "results": [], "errors": ["the process of dbt has gone"]})
        continue
    finished = invoke([*request["args"], *request["folders"]], manifests[key], errors)
    results = [
        {"name": result.node.name, "status": str(result.status), "message": result.message or ""}
        for result in getattr(finished.result, "results", [])
    ]
    if finished.exception is not None:
        errors.append(str(finished.exception))
    answer({"success": finished.success, "results": results, "errors": errors})
    if child == 0:
        os._exit(0)
