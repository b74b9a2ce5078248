#!/bin/sh
# One night: measure, hold it against what this kind of machine measured before, and keep the night
# whatever it came to.
#
#   sh docs/ci/nightly.sh SCENARIO FOLDER
#
# FOLDER is what the CI server keeps from one night to the next. Ends with g2gbench's exit code; on
# GitHub, which knows no warning by exit code, an invalid night (3) warns and passes.
set -eu
scenario=$1
kept=$2
name=$(basename "$scenario" .yaml)

# Hosted runners change their processors: each kind has a baseline of its own.
machine=${MACHINE:-$({ grep -m 1 'model name' /proc/cpuinfo; nproc; uname -m; } | cksum | cut -d ' ' -f 1)}
baselines=$kept/baselines/$machine
night=$kept/runs/$(date -u +%Y%m%d-%H%M%S)-$$

set --
if [ -d "$baselines/$name" ]; then
  set -- --baseline "$baselines/$name" --allow machine.memory_bytes
else
  echo "no baseline of $name for this kind of machine ($machine) yet: this night is compared with nothing"
fi

status=0
g2gbench run "$scenario" --repeat "${REPEAT:-5}" --retries 2 --out "$night" "$@" || status=$?

run=$(find "$night" -mindepth 2 -maxdepth 2 -name run.json -exec dirname {} \; 2>/dev/null | head -n 1)
if [ -z "$run" ]; then
  exit "$status" # nothing was measured: its message says why
fi

if [ "$status" -eq 0 ] && [ ! -d "$baselines/$name" ]; then
  g2gbench baseline save "$run" --name "$name" --root "$baselines"
fi

g2gbench report "$run" --format junit -o junit.xml
g2gbench report "$run" --format openmetrics -o metrics.txt
g2gbench trend "$kept/runs" --out trend >trend.txt || true # its exit code says what the night's does

summary=${GITHUB_STEP_SUMMARY:-summary.md}
cat "$run/summary.md" >>"$summary"
if [ -f trend/trend.md ]; then cat trend/trend.md >>"$summary"; fi

if [ "$status" -eq 3 ] && [ -n "${GITHUB_ACTIONS:-}" ]; then
  echo "::warning::invalid: this night says nothing, see the summary"
  exit 0
fi
exit "$status"
