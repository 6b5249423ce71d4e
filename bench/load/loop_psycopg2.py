#!/usr/bin/python3
"""What a script does: psycopg2 connects and asks SELECT 1, one check after another.

usage: loop_psycopg2.py CONNECTION-STRING CHECKS
"""

import json
import sys
import time

import psycopg2


def check(target):
    connection = psycopg2.connect(target)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    connection.close()


def main():
    target, checks = sys.argv[1], int(sys.argv[2])
    wall, cpu = time.monotonic(), time.process_time()
    for _ in range(checks):
        check(target)
    print(json.dumps({"checks": checks, "wall_seconds": time.monotonic() - wall,
                      "cpu_seconds": time.process_time() - cpu}))


if __name__ == "__main__":
    main()
