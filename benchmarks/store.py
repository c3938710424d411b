"""Lists, pages and statistics on databases of up to a million recordings, through the store itself (no HTTP)."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import bench

STORE_BENCH = pathlib.Path(os.environ.get("STORE_BENCH", bench.ROOT / ".build" / "release" / "store-bench"))
# Of `store-bench measure`: name, figure, bar in milliseconds for that many recordings.
BARS = {
    1_000_000: [
        ("start", "median", 1000, "start-up"),
        ("lists", "median", 10, "any documented filter and sort, first page with total, median"),
        ("lists", "p99", 40, "the same, 99 % within"),
        ("deep pages", "p99", 60, "pages in the middle and at nine tenths, 99 % within"),
        ("several classes", "p99", None, "several classes at once, first page with total, 99 % within"),
        ("statistics", "median", 20, "statistics"),
    ],
    100_000: [("persons from 0.8 by confidence", "cpu median", 2, "persons from 0.8 by confidence, CPU")],
    10_000: [("newest hundred", "cpu median", 1.2, "newest hundred, CPU without HTTP")],
}


def database(count):
    """The folder of a database of that many recordings, made where it is not there."""
    folder = bench.OUT / "store" / str(count)
    done = folder / "done"
    # Made anew with a newer program: its schema may be another.
    if not done.is_file() or done.stat().st_mtime < STORE_BENCH.stat().st_mtime:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"building {count:,} recordings", flush=True)
        subprocess.run([STORE_BENCH, "build", folder, str(count)], check=True)
        done.touch()
    return folder


def main():
    if not STORE_BENCH.is_file():
        sys.exit(f"{STORE_BENCH} is missing: swift build -c release --product store-bench")
    table = bench.Table("store")
    for count, bars in BARS.items():
        printed = subprocess.run([STORE_BENCH, "measure", database(count)], check=True, capture_output=True, text=True)
        figures = {row["what"]: row["figures"] for row in map(json.loads, printed.stdout.splitlines())}
        for name, figure, bar, what in bars:
            value = figures[name][figure]
            table.add(f"{count:,} recordings: {what}", f"{value:.2f} ms", f"≤ {bar} ms" if bar else "",
                      None if bar is None else value <= bar)


if __name__ == "__main__":
    main()
