"""
Serves Superset on 127.0.0.1 until it is told to stop, or until whoever started it has gone.

One process makes its database, its admin and its roles and then serves, since each command of Superset's own would import
all of it again. CHT_SYNC_SUPERSET_FOLDER names the folder for all that is kept.
"""

import os
import signal
import socket
import sqlite3
import sys
import threading
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

folder = Path(os.environ["CHT_SYNC_SUPERSET_FOLDER"])
database = folder / "superset.db"
ready = folder / "ready"
this_version = version("apache-superset")


def end_with_parent() -> None:
    """Standard input is a pipe that nobody writes to; it ends with the process at its other side."""

    def wait() -> None:
        # Not sys.stdin: a read of it that waits would hold its lock when the process ends.
        os.read(0, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def tell_that_it_is_up(_: object) -> None:
    """Whoever has started it reads from here."""
    os.write(3, b"up\n")


def be_quick(connection: object, _: object) -> None:
    """Readers need not wait for writers, nor each of 250 migrations for the disk."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")


def copy(source: Path, target: Path) -> None:
    remove(target)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def remove(file: Path) -> None:
    for name in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        name.unlink(missing_ok=True)


def take_back_what_was_interrupted(last_version: str | None) -> None:
    """A database that was never ready is made anew; one whose migration was cut off is as it was before."""
    if last_version is None:
        remove(database)
        return
    before = folder / f"superset-{last_version}.db"
    if before.exists():
        copy(before, database)
    else:
        copy(database, folder / "copying.db")
        (folder / "copying.db").rename(before)


def prepare(app) -> None:
    """What `superset db upgrade`, `superset fab create-admin` and `superset init` do."""
    from flask_migrate import upgrade
    from superset import appbuilder, db, security_manager

    with app.app_context():
        upgrade()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        if security_manager.find_user("admin") is None:
            password = (folder / "admin-password").read_text().strip()
            admin = security_manager.find_role("Admin")
            if not security_manager.add_user("admin", "CHT", "Sync", "admin@localhost", admin, password=password):
                raise RuntimeError("the admin could not be made")
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    ready.write_text(this_version)


def take_port(port: int) -> int:
    """Before all that takes long, so that one that is taken shows at once. Nobody can connect yet."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    return taken.detach()


def serve(app, listener: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self) -> None:
            settings = {
                "bind": f"fd://{listener}",
                # Caches are in memory, and dashboards wait for PostgreSQL most of the time: threads do.
                "workers": 1,
                "worker_class": "gthread",
                "threads": 8,
                "timeout": 120,
                "graceful_timeout": 1,
                "control_socket_disable": True,
                "loglevel": "warning",
                "when_ready": tell_that_it_is_up,
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self):
            return app

    Server().run()


def main() -> None:
    end_with_parent()
    listener = take_port(int(sys.argv[1]))
    os.umask(0o077)
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    event.listen(Engine, "connect", be_quick)
    last_version = ready.read_text() if ready.exists() and database.exists() else None
    if last_version != this_version:
        take_back_what_was_interrupted(last_version)
    from superset.app import create_app

    app = create_app()
    if last_version != this_version:
        prepare(app)
    serve(app, listener)


if __name__ == "__main__":
    main()
