"""Puts what the parts left in out/ into one Markdown table, out/table.md, and prints it."""
import json
import sys

import bench


def main():
    lines = ["| what | measured | bar |", "|---|---|---|"]
    missed = 0
    for part in sys.argv[1:]:
        path = bench.OUT / f"{part}.json"
        for row in json.loads(path.read_text()) if path.is_file() else []:
            missed += row["met"] is False
            mark = " **missed**" if row["met"] is False else ""
            lines.append(f"| {row['what']} | {row['measured']}{mark} | {row['bar']} |")
    text = "\n".join(lines) + "\n"
    (bench.OUT / "table.md").write_text(text)
    print(text, end="")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
