#!/usr/bin/python3
"""Writes the table of docs/databases.md from the rows that the contract tests append to a file."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEAD = "| kind | fault | phase | reason |\n| --- | --- | --- | --- |\n"


def main(rows_file):
    rows = sorted(set(pathlib.Path(rows_file).read_text("utf-8").splitlines()))
    cells = [tuple(row.split(" | ")[:2]) for row in rows]
    doubled = {cell for cell in cells if cells.count(cell) > 1}
    if doubled:
        sys.exit(f"the same fault has two reasons: {sorted(doubled)}")
    page = ROOT / "docs" / "databases.md"
    text = page.read_text("utf-8")
    before, _, _ = text.partition(HEAD)
    page.write_text(before + HEAD + "".join(row + "\n" for row in rows), "utf-8")
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main(sys.argv[1])
