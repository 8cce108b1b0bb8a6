"""A resident dbt: does what it is told by lines of JSON, so that Python and the package are loaded once only.

A request on standard input is `{"id": 1, "command": "run", ...}`. The answer on standard output is
`{"id": 1, "result": ...}` or `{"id": 1, "error": "..."}`; while `run` works, `{"id": 1, "event": ..., "node": ...}`
come before it. Whatever dbt prints goes to standard error. The worker ends when its input ends, as when its parent dies.
"""

import json
import os
import queue
import resource
import signal
import sys
import threading

from dbt.cli.main import dbtRunner

from commands import Commands

# Standard output is kept for the protocol: what dbt or a package prints must not break it.
protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
writing = threading.Lock()


def send(message):
    line = json.dumps(message, default=str)
    with writing:
        protocol.write(line + "\n")
        protocol.flush()


def read_requests(requests):
    for line in sys.stdin:
        requests.put(json.loads(line))
    # The parent is gone; PostgreSQL rolls back what is under way.
    os._exit(0)


def resident_bytes():
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def limit_memory():
    """A package that eats memory fails by itself, instead of taking the machine with it."""
    limit = int(os.environ.pop("CHT_SYNC_WORKER_MEMORY", "0"))
    if limit > 0:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def answer(commands, request):
    request_id = request["id"]
    try:
        notify = lambda event, node: send({"id": request_id, "event": event, "node": node})
        result = commands.do(request, notify)
        send({"id": request_id, "result": result, "memory": resident_bytes()})
    except KeyboardInterrupt:
        send({"id": request_id, "error": "interrupted", "memory": resident_bytes()})
    except Exception as error:  # noqa: BLE001: every failure is the answer to its request
        send({"id": request_id, "error": str(error) or repr(error), "memory": resident_bytes()})


def main():
    limit_memory()
    requests = queue.Queue()
    threading.Thread(target=read_requests, args=(requests,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    commands = Commands(dbtRunner)
    while True:
        try:
            request = requests.get()
        except KeyboardInterrupt:
            continue  # Told to stop what it does while it does nothing.
        if request["command"] == "exit":
            os._exit(0)
        answer(commands, request)


main()
