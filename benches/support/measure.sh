# What compare.sh and cost.sh share. The program and the generator are built as they are shipped (profile
# `dist`); files live in target/bench and go away at the end.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
WORK=${CARGO_TARGET_DIR:-target}/bench
RESULTS=$WORK/results
# Seconds after which a program is stopped; its figures then are lower bounds, and that is said.
LIMIT=${LIMIT:-1800}
# KiB of address space that a program may take: half of the machine's memory.
MEMORY=${MEMORY:-$(awk '/^MemTotal/ { print int($2 / 2) }' /proc/meminfo)}
TIMEFORMAT='%3U %3S %3R'

prepare() {
    if ! [ -x /usr/bin/time ]; then
        echo "needs GNU time as /usr/bin/time" >&2
        exit 1
    fi
    # Both may be given, to measure a program that was built elsewhere.
    if [ -z "${PROGRAM:-}" ]; then
        echo "building …" >&2
        cargo build --quiet --profile dist --bin pptp-diag || exit 1
        PROGRAM=${CARGO_TARGET_DIR:-target}/dist/pptp-diag
    fi
    if [ -z "${GENERATE:-}" ]; then
        GENERATE=$(cargo bench --profile dist --no-run --bench generate 2>&1 |
            sed -n 's/.*Executable.*(\(.*\))/\1/p')
    fi
    [ -x "$GENERATE" ] && [ -x "$PROGRAM" ] || { echo "not built" >&2; exit 1; }
    mkdir -p "$WORK"
    : >"$RESULTS"
    trap 'rm -rf "$WORK"' EXIT
}

# have PROGRAM: whether it is installed; says so where it is not.
have() {
    command -v "$1" >/dev/null && return
    case " ${MISSING:-} " in
    *" $1 "*) ;;
    *)
        MISSING="${MISSING:-} $1"
        echo "skipped: $1 is not installed" >&2
        ;;
    esac
    return 1
}

# measure CASE NAME COMMAND …: one run, its output thrown away; adds a line to the results:
# case, name, user, system and wall seconds, peak KiB, `cut` if it did not come to its end.
measure() {
    local case=$1 name=$2 user system wall peak status
    shift 2
    # The shell counts milliseconds, GNU time memory.
    { time (
        ulimit -v "$MEMORY"
        /usr/bin/time -q -f '%M %x' -o "$WORK/peak" timeout "$LIMIT" "$@" >/dev/null 2>"$WORK/said"
    ); } 2>"$WORK/time"
    read -r user system wall <"$WORK/time"
    read -r peak status <"$WORK/peak"
    local cut=cut
    case "$* $status" in
    # 1: the capture holds a fault.
    *" 0" | *"$PROGRAM "*" 1") cut= ;;
    *" 124") echo "$case, $name: stopped after $LIMIT s" >&2 ;;
    *) echo "$case, $name: exit status $status: $(tail -n 1 "$WORK/said")" >&2 ;;
    esac
    echo "$case $name $user $system $wall $peak $cut" >>"$RESULTS"
}

machine() {
    local cpu
    cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    echo "machine: $(nproc) × $cpu, Linux $(uname -r), $(free -h | awk '/^Mem/ { print $2 }')"
    "$PROGRAM" --version
    for program in tcpdump tshark gzip zstd; do
        command -v "$program" >/dev/null && "$program" --version 2>&1 | grep -m 1 '[0-9]\.[0-9]'
    done
}
