#!/bin/bash
# Runs a script as on an empty machine: fresh_machine.sh SCRIPT
# /etc, /srv, /usr/local, /usr/src, /var and /run are this machine's, and what is written to them goes
# with the script. It has processes and a network of its own, which reaches nobody.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" != inside ]; then
  exec unshare --mount --net --pid --fork --kill-child --mount-proc "$here/fresh_machine.sh" inside "$@"
fi
over=$(mktemp -d)
mount -t tmpfs tmpfs "$over"
for folder in /etc /srv /usr/local /usr/src /var /run; do
  name=$over/${folder//\//_}
  mkdir -p "$name.upper" "$name.work"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=$name.upper,workdir=$name.work" "$folder"
done
ip link set lo up
install -m 0755 "$here/systemctl" /usr/local/sbin/systemctl
export PATH=/usr/local/sbin:$PATH
bash -euo pipefail "$2"
