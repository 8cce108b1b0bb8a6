"""Makes the admin when there is none. `superset fab create-admin` would want the password in its arguments."""

import os
import sys

from superset.app import create_app

name = os.environ.get("SUPERSET_USER") or "admin"
password = os.environ.get("SUPERSET_PASSWORD") or ""

with create_app().app_context():
    from superset import security_manager

    if security_manager.find_user(name) is None:
        if password == "":
            sys.exit("There is no password for the admin. What to do: set SUPERSET_PASSWORD.")
        role = security_manager.find_role("Admin")
        if not security_manager.add_user(name, "CHT", "Sync", f"{name}@localhost", role, password=password):
            sys.exit("The admin could not be made; see the lines above.")
