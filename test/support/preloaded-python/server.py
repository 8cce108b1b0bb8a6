"""A Python that has loaded dbt and parsed a project, and forks for each script that it is asked to run.

    server.py SOCKET PROJECT PROFILES

A request comes from client.py, which stands for the script's process: it passes its own standard streams, and what it was
started with. What a script finds is what an earlier use of dbt in its own process would have left.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading

# Whoever started it is gone when this ends; a script must not read it.
owner = os.dup(0)


def load_dbt(project, profiles):
    from dbt.cli.main import dbtRunner
    from dbt_common.clients.jinja import get_template
    from shortcuts import take_shortcuts

    take_shortcuts()
    # Nothing connects to it.
    os.environ.update({"POSTGRES_" + name: "0" for name in ("HOST", "PORT", "USER", "PASSWORD", "DB", "TABLE")})
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-version-check", "--no-send-anonymous-usage-stats"]
    folders = ["--project-dir", project, "--profiles-dir", profiles, "--target-path", sys.argv[1] + ".target"]
    parsed = dbtRunner().invoke(["parse", "--no-write-json", "--no-partial-parse", *folders, *quiet])
    if not parsed.success:
        raise SystemExit(f"the project cannot be parsed: {parsed.exception}")
    for macro in parsed.result.macros.values():
        get_template(macro.macro_sql, {})


def become(request, streams):
    """Turns this process into that of the script."""
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    os.close(owner)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["arguments"]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    runpy.run_path(sys.argv[0], run_name="__main__")


def watch(connection, script):
    """Ends the script, and what it has started, with the process that stands for it, and that one with the script."""

    def kill_when_alone():
        # Nothing is ever sent: it returns when the other end is gone.
        connection.recv(1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=kill_when_alone, daemon=True).start()
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(script, 0)[1]))
    os._exit(0)


def receive(connection):
    data, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not data.endswith(b"\n"):
        data += connection.recv(1 << 20)
    return json.loads(data), streams


def serve(connection, listener):
    """In a process of its own, so that the scripts know nothing of each other."""
    os.setsid()
    listener.close()
    request, streams = receive(connection)
    script = os.fork()
    if script == 0:
        connection.close()
        become(request, streams)
        return
    for stream in streams:
        os.close(stream)
    connection.sendall(b"%d\n" % script)
    watch(connection, script)


def main():
    path, project, profiles = sys.argv[1:]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loaded = False
    while True:
        ready, _, _ = select.select([listener, owner], [], [])
        if owner in ready:
            return
        if not loaded:
            # Not before somebody asks: most test files do without.
            load_dbt(project, profiles)
            # The collector would write to what all the forks share.
            gc.freeze()
            # Nor need it look often: parsing makes much that stays.
            gc.set_threshold(20_000, 20, 20)
            loaded = True
        connection, _ = listener.accept()
        child = os.fork()
        if child == 0:
            return serve(connection, listener)
        connection.close()
        reap()


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


main()
