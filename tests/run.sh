#!/usr/bin/env bash
# Installs what the tests need, builds, runs every test. The last line is "N passed, N failed"; a skipped test counts as failed, and so
# does a test run that broke off.
set -uo pipefail
cd "$(dirname "$0")/.."

# command:Debian package. The tests mount file systems, make cgroups, signal processes and start servers: they need Linux and root.
needs=(mkfs.ext4:e2fsprogs mount:mount losetup:mount flock:util-linux setpriv:util-linux prlimit:util-linux df:coreutils curl:curl
  haproxy:haproxy nginx:nginx-light logrotate:logrotate chattr:e2fsprogs
  openssl:openssl mariadbd:mariadb-server redis-server:redis-server rabbitmqctl:rabbitmq-server sidekiq:ruby-sidekiq
  pg_ctlcluster:postgresql unshare:util-linux nsenter:util-linux ip:iproute2)
missing=()
for need in "${needs[@]}"; do
  command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing ${missing[*]}"
  # Servers are started by the tests alone: a package must not start one of its own (policy-rc.d of invoke-rc.d(8)).
  guard=/usr/sbin/policy-rc.d
  if [ -e "$guard" ]; then guard=; else printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod +x "$guard"; fi
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  installed=$?
  if [ -n "$guard" ]; then rm -f "$guard"; fi
  if [ $installed -ne 0 ]; then
    echo "Could not install ${missing[*]}: run this as root on Debian or Ubuntu."
    echo "0 passed, 1 failed"
    exit 1
  fi
fi

# The compiler server makes a cold build much faster. It ends by itself when idle; CI ends it at once.
export UseSharedCompilation=true
results=$(mktemp -d)
trap 'rm -rf "$results"; [ -z "${CI:-}" ] || dotnet build-server shutdown >/dev/null 2>&1' EXIT

# Sentry's own code, which HealthKit.Sentry's tests compare with. It needs Node 20.19 or later, which Debian 12 does not have as a package:
# where there is none, those tests say so, and fail in CI. Installed once into an ignored folder.
node_oracles() {
  local folder=artifacts/node-oracles packages=(@sentry/core@11.12.0 @sentry/node@11.12.0 @spotlightjs/spotlight@4.11.8 hono@4.12.25)
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "Without node and npm, nothing is compared with Sentry's own code."
  elif [ "$(cat "$folder/installed" 2>/dev/null)" != "${packages[*]}" ]; then
    rm -rf "$folder" && mkdir -p "$folder" &&
      npm install --prefix "$folder" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel error "${packages[@]}" >/dev/null &&
      echo "${packages[*]}" >"$folder/installed" || echo "Could not install ${packages[*]}."
  fi
}
node_oracles

dotnet build HealthKit.sln -c Release --nologo -v quiet || { echo "0 passed, 1 failed"; exit 1; }

passed=0
failed=0
for project in tests/HealthKit.Tests tests/HealthKit.IntegrationTests; do
  name=$(basename "$project")
  # A test that hangs is killed and named after five minutes; the outer limit is for a test host that cannot be killed so.
  timeout --kill-after=30 1500 dotnet test "$project" -c Release --no-build --nologo -v quiet --blame-hang-timeout 5m \
    --logger "console;verbosity=minimal" --logger "trx;LogFileName=$name.trx" --results-directory "$results"
  status=$?
  counters=$(grep -o '<Counters [^>]*>' "$results/$name.trx" 2>/dev/null)
  total=$(sed -n 's/.* total="\([0-9]*\)".*/\1/p' <<<"$counters")
  ok=$(sed -n 's/.* passed="\([0-9]*\)".*/\1/p' <<<"$counters")
  total=${total:-0}
  ok=${ok:-0}
  bad=$((total - ok))
  if [ "$total" -eq 0 ] || { [ $status -ne 0 ] && [ $bad -eq 0 ]; }; then
    echo "$name: the test run broke off (exit code $status)"
    bad=$((bad + 1))
  fi
  passed=$((passed + ok))
  failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
