#!/bin/sh
# install-packages.sh PACKAGE ... - installs Debian packages without a question and without starting a daemon. Root.
# Waits for another apt (a fresh cloud machine runs its upgrades first). The package lists are fetched only when needed.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

policy=/usr/sbin/policy-rc.d
mark='windrose: no daemon starts while packages are installed'

# invoke-rc.d and deb-systemd-invoke ask this file; 101 = do not start. One that is there already stays and decides.
# A file with our mark is the leftover of a killed run.
forbid_daemons() {
  if [ ! -e "$policy" ] || grep -qF "$mark" "$policy"; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
  fi
}

install() {
  apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 "$@"
}

# The lock of the package lists has no timeout of its own in older apt.
update() {
  for wait in 5 10 20 40; do
    apt-get update -o DPkg::Lock::Timeout=300 2>&1 | tee build/apt-update.log
    grep -q 'Could not get lock' build/apt-update.log || return 0
    sleep "$wait"
  done
}

# Prometheus and coturn would start their daemons at every boot; only promtool, and turnserver in a test, are wanted.
keep_daemons_off() {
  command -v systemctl >/dev/null || return 0
  for package in "$@"; do
    case $package in prometheus | coturn) systemctl disable "$package.service" || true ;; esac
  done
}

forbid_daemons
if ! install "$@"; then
  # Lists missing or out of date, or an earlier installation was cut short.
  update
  dpkg --configure -a
  install "$@"
fi
keep_daemons_off "$@"
