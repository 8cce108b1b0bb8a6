"""Stands for a process of Python: has server.py run the script, and ends as the script does.

    client.py SOCKET SCRIPT [ARGUMENT...]
"""

import json
import os
import signal
import socket
import sys

server = socket.socket(socket.AF_UNIX)
server.connect(sys.argv[1])
request = {"arguments": sys.argv[2:], "environment": dict(os.environ), "folder": os.getcwd()}
data = json.dumps(request).encode() + b"\n"
sent = socket.send_fds(server, [data], [0, 1, 2])
server.sendall(data[sent:])
# Only the script may keep them open: whoever reads them waits for their end.
for stream in (0, 1, 2):
    os.close(stream)

answers = server.makefile()
script = int(answers.readline())
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: os.kill(script, number))
code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), -code)
os._exit(code)
