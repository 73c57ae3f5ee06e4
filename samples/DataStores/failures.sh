#!/usr/bin/env bash
# Starts real servers on 127.0.0.1, breaks each in the ways that real ones broke, runs this sample against them, and prints what /health says.
# Needs redis-server, mariadb-server, postgresql, rabbitmq-server and ruby-sidekiq (tests/run.sh installs them), and root.
# Everything stands in a temporary directory, and ends with this script. BASE_PORT is the first of eleven ports (5700); BUILT the folder of a build of the
# sample, where it is not to be built.
set -uo pipefail
cd "$(dirname "$0")"
if [ -z "${BUILT:-}" ]; then
  BUILT=bin/Debug/net10.0
  dotnet build --nologo -v quiet || exit 1
fi
work=$(mktemp -d /tmp/datastores-XXXXXX)
chmod 755 "$work"
base=${BASE_PORT:-5700}
pids=()
say() { echo "-- $*" >&2; }
start() { "$@" >>"$work/log" 2>&1 & pids+=($!); }
await() { # what command…
  local what=$1; shift
  for _ in $(seq 1500); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  say "$what did not come up; see below"; tail -n 20 "$work"/{log,app.log} >&2 2>/dev/null; exit 1
}
stop() {
  for pid in "${pids[@]}"; do kill -CONT "$pid" 2>/dev/null; kill -TERM "$pid" 2>/dev/null; done
  for pid in "${pids[@]}"; do timeout 20 tail --pid="$pid" -f /dev/null; kill -KILL "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM

redis() { # name port option…
  mkdir -p "$work/$1"
  start redis-server --port "$2" --bind 127.0.0.1 --dir "$work/$1" --save '' --appendonly no --daemonize no --logfile '' "${@:3}"
  local at=$!
  await "redis $1" redis-cli -p "$2" PING
  eval "$1_pid=$at"
}

say "Redis: one that is full, one that hangs, one that became a replica, one with a queue and nobody who works on it"
redis full $((base + 1)) --maxmemory 1mb --maxmemory-policy noeviction
redis-cli -p $((base + 1)) EVAL "for i = 1, 20000 do local r = redis.pcall('SET', 'k' .. i, string.rep('x', 1000)); if type(r) == 'table' and r.err then return r.err end end" 0 >/dev/null
redis hung $((base + 2))
redis replica $((base + 3)) --replicaof "127.0.0.1 $((base + 1))"
redis jobs $((base + 4))
mkdir "$work/sidekiq"
app=$work/sidekiq/app.rb
cat >"$app" <<'RUBY'
require 'sidekiq'
Sidekiq.configure_client { |c| c.redis = { url: ENV['REDIS_URL'] } }
Sidekiq.configure_server { |c| c.redis = { url: ENV['REDIS_URL'] } }
class MailJob
  include Sidekiq::Worker
  sidekiq_options retry: 0
  def perform = raise('the mail server says no')
end
MailJob.perform_async if ENV['ENQUEUE']
RUBY
export REDIS_URL="redis://127.0.0.1:$((base + 4))/0"
start sidekiq -r "$app" -c 1
worker=$!
await "sidekiq" sh -c "redis-cli -p $((base + 4)) SCARD processes | grep -q 1"
ENQUEUE=1 ruby "$app" >>"$work/log" 2>&1
await "a job that is given up" sh -c "redis-cli -p $((base + 4)) ZCARD dead | grep -q 1"

say "MariaDB: one with a column that cannot hold an emoji, one that is read-only"
maria() { # name port sql option…
  mariadb-install-db --no-defaults --user=root --datadir="$work/$1" --auth-root-authentication-method=normal --skip-test-db --innodb-log-file-size=4M >>"$work/log" 2>&1
  start mariadbd --no-defaults --user=root --datadir="$work/$1" --socket="$work/$1.sock" --pid-file="$work/$1.pid" --port="$2" \
    --bind-address=127.0.0.1 --skip-name-resolve --innodb-log-file-size=4M --innodb-buffer-pool-size=8M --performance-schema=OFF "${@:4}"
  await "MariaDB $1" sql "$1" 'SELECT 1'
  sql "$1" "CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER shop IDENTIFIED BY 'secret'; GRANT SELECT, INSERT, CREATE TEMPORARY TABLES ON shop.* TO shop; $3"
}
sql() { mariadb --no-defaults -uroot -S "$work/$1.sock" -e "$2"; }
maria narrow $((base + 5)) "CREATE TABLE shop.reviews (id INT, text VARCHAR(200) CHARACTER SET utf8mb3)"
maria frozen $((base + 6)) "" --read-only

say "PostgreSQL: the app's pool runs dry; a role whose password was changed"
mkdir "$work/postgres" && echo admin >"$work/postgres/admin" && chown -R postgres "$work/postgres"
postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups env HOME="$work/postgres" "$@"; }
as_postgres "$postgres/initdb" -D "$work/postgres/d" -A scram-sha-256 -U postgres --pwfile="$work/postgres/admin" --no-sync -E UTF8 --locale=C >>"$work/log" 2>&1
start setpriv --reuid=postgres --regid=postgres --clear-groups "$postgres/postgres" -D "$work/postgres/d" -h 127.0.0.1 -p $((base + 7)) -k "$work/postgres" -F
psql() { PGPASSWORD=admin command psql -h 127.0.0.1 -p $((base + 7)) -U postgres -c "$1"; }
await PostgreSQL psql 'SELECT 1'
psql "CREATE ROLE shop LOGIN PASSWORD 'secret'" >/dev/null
psql "CREATE TABLE outbox (id int, created_at timestamptz)" >/dev/null
psql "INSERT INTO outbox SELECT i, now() - interval '3 hours' FROM generate_series(1, 42) i; GRANT SELECT ON outbox TO shop" >/dev/null

say "RabbitMQ: a disk alarm; a queue that is not there"
mkdir -p "$work/rabbit/home"
: >"$work/rabbit/env" && : >"$work/rabbit/rabbitmq.conf" && echo '[].' >"$work/rabbit/plugins"
export ERL_EPMD_PORT=$((base + 8)) ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME="shop$base@localhost" \
  RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$((base + 9)) RABBITMQ_DIST_PORT=$((base + 10)) RABBITMQ_MNESIA_BASE="$work/rabbit/mnesia" \
  RABBITMQ_LOG_BASE="$work/rabbit/log" RABBITMQ_LOGS=- RABBITMQ_CONFIG_FILE="$work/rabbit/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE="$work/rabbit/env" \
  RABBITMQ_ENABLED_PLUGINS_FILE="$work/rabbit/plugins" RABBITMQ_PID_FILE="$work/rabbit/pid"
start env HOME="$work/rabbit/home" epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT"
start env HOME="$work/rabbit/home" /usr/lib/rabbitmq/bin/rabbitmq-server
await RabbitMQ bash -c "exec 3<>/dev/tcp/127.0.0.1/$RABBITMQ_NODE_PORT"
HOME="$work/rabbit/home" /usr/lib/rabbitmq/bin/rabbitmqctl set_disk_free_limit 900GB >>"$work/log" 2>&1

say "The sample, with every check declared in appsettings.json"
kill -STOP "$hung_pid"
export HealthKit__StateDirectory="$work/state" ConnectionStrings__Shop="Host=127.0.0.1;Port=$((base + 7));Username=shop;Password=secret;Database=postgres;Maximum Pool Size=2;Timeout=1"
declare -A at=([redis_full]=$((base + 1)) [redis_hung]=$((base + 2)) [redis_replica]=$((base + 3)))
for check in "${!at[@]}"; do export "HealthKit__Checks__${check}__ConnectionString=redis://127.0.0.1:${at[$check]}"; done
export HealthKit__Checks__mail_jobs__ConnectionString="$REDIS_URL"
export HealthKit__Checks__mysql_reviews__ConnectionString="Server=127.0.0.1;Port=$((base + 5));User Id=shop;Password=secret;Database=shop;CharSet=utf8mb4;SslMode=none"
export HealthKit__Checks__mysql_orders__ConnectionString="Server=127.0.0.1;Port=$((base + 6));User Id=shop;Password=secret;Database=shop;CharSet=utf8mb4;SslMode=none"
export HealthKit__Checks__postgres_login__ConnectionString="Host=127.0.0.1;Port=$((base + 7));Username=shop;Password=of-last-year;Database=postgres"
export HealthKit__Checks__outbox__ConnectionString="Host=127.0.0.1;Port=$((base + 7));Username=shop;Password=secret;Database=postgres"
for check in rabbit_orders rabbit_invoices; do export "HealthKit__Checks__${check}__ConnectionString=amqp://guest:guest@127.0.0.1:$((base + 9))/"; done
cd "$BUILT"
dotnet DataStores.dll --urls "http://127.0.0.1:$base" >"$work/app.log" 2>&1 & pids+=($!)
await "the sample" curl -sf "http://127.0.0.1:$base/"
await "every check's first result" curl -sf "http://127.0.0.1:$base/health/startup"

say "The pool is used up; the only worker is killed, which shows when its heartbeat has been missing for a minute"
start curl -s "http://127.0.0.1:$base/report?seconds=200"
start curl -s "http://127.0.0.1:$base/report?seconds=200"
disown $worker; kill -KILL $worker
ENQUEUE=1 ruby "$app" >>"$work/log" 2>&1
await "the dry pool and the lost worker" \
  bash -c "health=\$(curl -s http://127.0.0.1:$base/health); grep -q sql.poolExhausted <<<\$health && grep -q queue.consumersLost <<<\$health"
curl -s "http://127.0.0.1:$base/health?format=text"
