#!/usr/bin/env bash
# Installs what the tests need, builds, runs every test. The last line is "N passed, N failed"; a skipped test counts as failed.
set -uo pipefail
cd "$(dirname "$0")/.."

# command:Debian package. The tests mount file systems, make cgroups and signal processes: they need Linux and root.
needs=(mkfs.ext4:e2fsprogs mount:mount losetup:mount flock:util-linux setpriv:util-linux prlimit:util-linux df:coreutils curl:curl haproxy:haproxy nginx:nginx-light)
missing=()
for need in "${needs[@]}"; do
  command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || { echo "Could not install ${missing[*]}: run this as root on Debian or Ubuntu."; echo "0 passed, 1 failed"; exit 1; }
fi

# The compiler server makes a cold build much faster; it is shut down at the end.
export UseSharedCompilation=true
trap 'dotnet build-server shutdown >/dev/null 2>&1' EXIT

dotnet build HealthKit.sln -c Release --nologo -v quiet || { echo "0 passed, 1 failed"; exit 1; }

results=$(mktemp -d)
passed=0
failed=0
for project in tests/HealthKit.Tests tests/HealthKit.IntegrationTests; do
  name=$(basename "$project")
  dotnet test "$project" -c Release --no-build --nologo -v quiet --logger "trx;LogFileName=$name.trx" --results-directory "$results"
  counters=$(grep -o '<Counters [^>]*>' "$results/$name.trx" 2>/dev/null)
  total=$(sed -n 's/.* total="\([0-9]*\)".*/\1/p' <<<"$counters")
  ok=$(sed -n 's/.* passed="\([0-9]*\)".*/\1/p' <<<"$counters")
  if [ -z "$total" ] || [ "$total" -eq 0 ]; then
    echo "$name ran no test"
    failed=$((failed + 1))
    continue
  fi
  passed=$((passed + ok))
  failed=$((failed + total - ok))
done
rm -rf "$results"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
