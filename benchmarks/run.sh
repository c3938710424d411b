#!/usr/bin/env bash
# Measures SpectraX and prints a table `what | measured | bar`; everything is left in benchmarks/out/.
# usage: benchmarks/run.sh [PART...]
#   parts: accuracy tracking tracker server cost store api recording streaming live browser gallery kill (default: all of these), memory (takes an hour)
# Exit code: 0 every bar that was measured is met, 1 one is missed or a part failed, 2 wrong usage.
set -euo pipefail
cd "$(dirname "$0")/.."
all=(accuracy tracking tracker server cost store api recording streaming live browser gallery kill)
parts=()
for argument in "$@"; do
    case " ${all[*]} memory " in
    *" $argument "*) parts+=("$argument") ;;
    *)
        case $argument in -h | --help) sed -n "2,5s/^# //p" benchmarks/run.sh; exit 0 ;; esac
        echo "run.sh: $argument: no such part; there are: ${all[*]} memory" >&2
        exit 2
        ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
binary=${SPECTRAX:-.build/release/spectrax}
[ -x "$binary" ] || { echo "run.sh: $binary is missing: swift build -c release --product spectrax" >&2; exit 1; }

venv=.deps/bench-venv
if ! cmp -s benchmarks/requirements.txt "$venv/installed.txt"; then
    echo "benchmarks: installing into $venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
    cp benchmarks/requirements.txt "$venv/installed.txt"
fi

mkdir -p benchmarks/out
failed=0
for part in "${parts[@]}"; do
    echo "== $part"
    "$venv/bin/python" "benchmarks/$part.py" || { echo "run.sh: $part failed" >&2; failed=1; }
done
echo
"$venv/bin/python" benchmarks/table.py "${parts[@]}" || failed=1
exit $failed
