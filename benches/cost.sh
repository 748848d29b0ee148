#!/bin/bash
# What an analysis costs as captures grow:
#
#     bash benches/cost.sh [--quick] [PLOT.svg]
#
# Captures come through a pipe from the generator, so their size takes no disk. Time is what the analysing
# process spent in user mode; other work on the machine disturbs it least. A growth is named where a unit costs
# more than 1.5 times what it cost in a tenth of the size. Attacks are measured at one size each.
set -u
# shellcheck source=benches/support/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/measure.sh"

LARGE=8 MANY=6 ROUNDS=3 ATTACK=2000000
if [ "${1:-}" = --quick ]; then
    LARGE=7 MANY=5 ROUNDS=1 ATTACK=300000
    LIMIT=${LIMIT:-120}
    shift
fi
PLOT=${1:-}

# through_pipe SERIES SIZE GENERATOR-OPTION …: repeated while it is short.
through_pipe() {
    local series=$1 size=$2 round rounds=$ROUNDS
    shift 2
    [ "$size" -ge 1000000 ] && rounds=1
    for ((round = 0; round < rounds; round++)); do
        "$GENERATE" - "$@" 2>"$WORK/generated" | measure "$series" "$size" "$PROGRAM" -
    done
}

table() {
    awk '
    function least(list,    i, n, v, m) {
        n = split(list, v, " "); m = v[1]
        for (i = 2; i <= n; i++) if (v[i] + 0 < m + 0) m = v[i]
        return m
    }
    {
        key = $1 SUBSEP $2
        if (!(key in user)) { order[++count] = key; series[count] = $1; size[count] = $2 }
        user[key] = user[key] " " $3
        if ($7 == "cut") cut[key] = 1
        if ($6 > peak[key]) peak[key] = $6
    }
    END {
        print "| series | size | user s | µs each | peak MiB | growth |"
        print "|---|---:|---:|---:|---:|---|"
        for (i = 1; i <= count; i++) {
            key = order[i]; seconds = least(user[key]); memory = peak[key] / 1024; growth = ""
            each = seconds * 1e6 / size[i]
            if (i > 1 && series[i] == series[i - 1] && size[i] > size[i - 1]) {
                if (before_seconds >= 0.05 && each > 1.5 * before_each) growth = "time"
                more = (memory - before_memory) / (size[i] - size[i - 1])
                if (memory > 32 && memory > 1.5 * before_memory) growth = growth sprintf(" memory: %.0f octets each", more * 1048576)
                if (before_more > 0 && memory > 32 && more > 1.5 * before_more) growth = growth ", faster than the size"
            } else more = 0
            if (key in cut) growth = "did not end"
            before_seconds = seconds; before_each = each; before_memory = memory; before_more = more
            printf "| %s | %d | %.3f | %.2f | %.1f | %s |\n", series[i], size[i], seconds, each, memory, growth
        }
    }' "$RESULTS"
}

prepare
for ((digits = 4; digits <= LARGE; digits++)); do
    through_pipe packets $((10 ** digits)) --packets $((10 ** digits)) --pptp-permille 10 --concurrent 100
done
for ((digits = 4; digits < LARGE; digits++)); do
    through_pipe pptp-packets $((10 ** digits)) --packets $((10 ** digits)) --concurrent 100 --data 2000
done
for ((digits = 0; digits <= MANY; digits++)); do
    through_pipe sessions $((10 ** digits)) --sessions $((10 ** digits)) --concurrent 100 --data 20
done
for ((digits = 0; digits <= MANY; digits++)); do
    through_pipe sessions-at-once $((10 ** digits)) --sessions $((10 ** digits)) --concurrent $((10 ** digits)) --data 20
done
for ((digits = 0; digits <= MANY; digits++)); do
    through_pipe faults $((10 ** digits)) --sessions $((10 ** digits)) --concurrent 1000 --data 0 --faults 1000
done
for kind in syn calls holes fragments requests scans names; do
    through_pipe "attack-$kind" $((ATTACK / 10)) --packets $((ATTACK / 10)) --hostile $kind
    through_pipe "attack-$kind" "$ATTACK" --packets "$ATTACK" --hostile $kind
done
machine
echo
table
if [ -n "$PLOT" ]; then
    awk -f benches/support/plot.awk "$RESULTS" >"$PLOT"
fi
