#!/usr/bin/env bash
# Installs the clients and the tracker that the interop tests run beside, without starting any of them as a service.
set -euo pipefail

peers=(aria2 transmission-daemon transmission-cli python3-libtorrent opentracker mktorrent iproute2)
missing=()
for peer in "${peers[@]}"; do
  if ! dpkg-query --show --showformat='${db:Status-Abbrev}' "$peer" 2>/dev/null | grep -q '^.i'; then missing+=("$peer"); fi
done
if [ ${#missing[@]} = 0 ]; then
  echo "There already: ${peers[*]}"
  exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi

# Asked by every package before it starts its service; 101 forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=60)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}"

# Nor may they start with the machine.
if [ -d /run/systemd/system ]; then
  for peer in "${missing[@]}"; do
    if systemctl cat "$peer.service" >/dev/null 2>&1; then "${as_root[@]}" systemctl disable --now "$peer.service"; fi
  done
fi
