#!/bin/bash
# How fast pptp-diag is beside other programs on the same file, and what memory it needs:
#
#     bash benches/compare.sh [--quick]
#
# Programs run in turn, round after round, over files that are in the page cache. The figures are medians of
# processor time (user and system together), which other work on the machine disturbs least, and of wall time,
# which says nothing on a busy machine.
set -u
# shellcheck source=benches/support/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/measure.sh"

# ROUNDS and SLOW_ROUNDS may be given: rounds of all programs, and of those that take a minute and more.
if [ "${1:-}" = --quick ]; then
    ROUNDS=${ROUNDS:-5} SLOW_ROUNDS=${SLOW_ROUNDS:-1} NOISE_PACKETS=400000
    MANY=10000 PIPES="268435456 1073741824"
else
    ROUNDS=${ROUNDS:-9} SLOW_ROUNDS=${SLOW_ROUNDS:-3} NOISE_PACKETS=1600000
    MANY=100000 PIPES="1073741824 4294967296 17179869184"
fi

# rounds CASE FILE: every program over one file.
rounds() {
    local case=$1 file=$2 round
    cat "$file" >/dev/null
    for ((round = 0; round < ROUNDS; round++)); do
        measure "$case" cat cat "$file"
        measure "$case" pptp-diag "$PROGRAM" "$file"
        if have tcpdump; then
            measure "$case" tcpdump-filter tcpdump -r "$file" -w /dev/null 'tcp port 1723 or proto 47'
            case $case in
            b*) [ $round -lt "$SLOW_ROUNDS" ] && measure "$case" tcpdump-print tcpdump -nn -r "$file" ;;
            esac
        fi
        if [ $round -lt "$SLOW_ROUNDS" ] && have tshark; then
            measure "$case" tshark tshark -r "$file" -Y 'pptp||gre'
        fi
    done
}

unpacking() {
    local file=$1 packer packed round
    for packer in gzip zstd; do
        have $packer || continue
        packed=$file.$packer
        $packer -q -c -1 "$file" >"$packed"
        for ((round = 0; round < ROUNDS; round++)); do
            measure "c-$packer" "$packer" "$packer" -dc "$packed"
            measure "c-$packer" pptp-diag "$PROGRAM" "$packed"
        done
        rm "$packed"
    done
}

several_files() {
    local round n files=()
    for n in 1 2 3 4; do
        "$GENERATE" "$WORK/d$n.pcap" --seed $n --packets $((NOISE_PACKETS / 4)) --pptp-permille 500 2>"$WORK/said"
        files+=("$WORK/d$n.pcap")
    done
    for ((round = 0; round < ROUNDS; round++)); do
        have taskset && measure d pptp-diag-one-core taskset -c 0 "$PROGRAM" "${files[@]}"
        measure d pptp-diag-all-cores "$PROGRAM" "${files[@]}"
    done
    rm "${files[@]}"
}

pipes() {
    local octets
    for octets in $PIPES; do
        "$GENERATE" - --octets "$octets" --pptp-permille 100 --concurrent 1000 2>"$WORK/generated" |
            measure "pipe-$((octets >> 20))-MiB" pptp-diag "$PROGRAM" -
    done
}

# The table: medians, ratio to pptp-diag, target.
table() {
    awk '
    function median(list, n,    i, j, t, v) {
        n = split(list, v, " ")
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && v[j] + 0 < v[j - 1] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
        return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    function least(list,    i, n, v, m) {
        n = split(list, v, " "); m = v[1]
        for (i = 2; i <= n; i++) if (v[i] + 0 < m + 0) m = v[i]
        return m
    }
    BEGIN {
        target["a", "cat"] = "pptp-diag at most 2 × this"
        target["a", "tcpdump-filter"] = "at least 5 ×"
        target["a", "tshark"] = "at least 150 ×"
        for (b = 1; b <= 2; b++) {
            target["b" b, "tcpdump-print"] = "at least 20 ×"
            target["b" b, "tshark"] = "at least 100 ×"
        }
    }
    {
        key = $1 SUBSEP $2
        if (!(key in cpu)) { order[++count] = key; case_of[count] = $1; name_of[count] = $2 }
        cpu[key] = cpu[key] " " ($3 + $4); wall[key] = wall[key] " " $5
        if ($6 > peak[key]) peak[key] = $6
        if ($7 == "cut") target[key] = target[key] " (did not end)"
    }
    END {
        print "| case | program | processor s | best | wall s | peak MiB | × processor | × wall | target |"
        print "|---|---|---:|---:|---:|---:|---:|---:|---|"
        for (i = 1; i <= count; i++) {
            key = order[i]; own = case_of[i] SUBSEP "pptp-diag"
            ratio = wait = "–"
            if (own in cpu && key != own && median(cpu[own]) > 0) {
                ratio = sprintf("%.2f", median(cpu[key]) / median(cpu[own]))
                wait = sprintf("%.2f", median(wall[key]) / median(wall[own]))
            }
            printf "| %s | %s | %.3f | %.3f | %.3f | %.1f | %s | %s | %s |\n", case_of[i], name_of[i],
                median(cpu[key]), least(cpu[key]), median(wall[key]), peak[key] / 1024, ratio, wait, target[key]
        }
        split("gzip zstd", packers, " ")
        for (i = 1; i <= 2; i++) {
            own = "c-" packers[i] SUBSEP "pptp-diag"; alone = "c-" packers[i] SUBSEP packers[i]
            if (own in wall && alone in wall)
                printf "\n%s input: %.2f times the wall time of unpacking alone\n", packers[i],
                    median(wall[own]) / median(wall[alone])
        }
        one = "d" SUBSEP "pptp-diag-one-core"; all = "d" SUBSEP "pptp-diag-all-cores"
        if (one in wall)
            printf "\nfour files: %.2f times as fast with all processors as with one\n",
                median(wall[one]) / median(wall[all])
    }' "$RESULTS"
}

# wanted CASE: whether it is to be measured; `CASES="a c"` names some, without it all are.
wanted() {
    case " ${CASES:-a c b1 b2 d pipe} " in
    *" $1 "*) return 0 ;;
    *) return 1 ;;
    esac
}

prepare
machine
echo
if wanted a || wanted c; then
    "$GENERATE" "$WORK/a.pcap" --packets $NOISE_PACKETS --pptp-permille 10 --concurrent 100
    wanted a && rounds a "$WORK/a.pcap"
    wanted c && unpacking "$WORK/a.pcap"
    rm "$WORK/a.pcap"
fi
if wanted b1; then
    "$GENERATE" "$WORK/b.pcap" --sessions 1000 --data 200 --concurrent 100
    rounds b1 "$WORK/b.pcap"
fi
if wanted b2; then
    "$GENERATE" "$WORK/b.pcap" --sessions $MANY --data 20 --concurrent 1000
    rounds b2 "$WORK/b.pcap"
fi
rm -f "$WORK/b.pcap"
wanted d && several_files
wanted pipe && pipes
echo
table
