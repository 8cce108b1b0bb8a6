"""The configuration of the Superset that CHT Sync starts for itself. One of your own needs nothing of it."""

import logging
import os
from pathlib import Path

from superset.config import TALISMAN_CONFIG

# What is kept of it: only this user may read it.
folder = Path(os.environ["CHT_SYNC_SUPERSET_FOLDER"])

SECRET_KEY = (folder / "secret-key").read_text().strip()
GUEST_TOKEN_JWT_SECRET = SECRET_KEY
GLOBAL_ASYNC_QUERIES_JWT_SECRET = SECRET_KEY
SQLALCHEMY_DATABASE_URI = f"sqlite:///{folder / 'superset.db'}"

# Cookies are shared by all ports of a host: another Superset on this machine must not sign this one out.
SESSION_COOKIE_NAME = "cht_sync_superset"

# Superset's pages ask for an image of a company that counts installations; SCARF_ANALYTICS changes that only when the
# pages are built. With it out of the list, browsers do not fetch it.
policy = TALISMAN_CONFIG["content_security_policy"]
policy["img-src"] = [source for source in policy["img-src"] if "scarf.sh" not in source]

LOG_LEVEL = logging.WARNING
