#!/usr/bin/env bash
# Makes the key of this host the first time, and runs sshd as the user it was started by.
set -euo pipefail
keys=/etc/bastion/authorized_keys
if [ ! -f "$keys" ] || [ ! -r "$keys" ] || [ ! -s "$keys" ]; then
  echo "There are no public keys in $keys, or user $(id -u) may not read it." >&2
  echo "What to do: name a file with public keys in BASTION_AUTHORIZED_KEYS_FILE, and let others read it: chmod 644." >&2
  exit 1
fi
host_key=/var/lib/bastion/ssh_host_ed25519_key
[ -f "$host_key" ] || ssh-keygen -q -t ed25519 -N '' -C cht-sync-bastion -f "$host_key"
exec /usr/sbin/sshd -D -e -f /opt/bastion/sshd_config -o "PermitOpen ${BASTION_PERMIT_OPEN:-postgres:5432}"
