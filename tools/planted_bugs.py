#!/usr/bin/env python3
"""Whether the simulation finds what it is there to find: plants one bug after the other in a copy of
the tree, builds vigia-sim there, and runs seeds until an invariant is broken; then repeats that run
with the command that the simulation printed.

    tools/planted_bugs.py [NAME...]     all bugs, or these: a minute or two each
    tools/planted_bugs.py --check       only whether each can still be planted

Exit status 1 if a bug was not found, or if the tree as it is breaks an invariant on those seeds.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "build/planted"
SEEDS = ["--once", "--seed", "1", "--seeds", "60", "--monitors", "10", "--hours", "24", "--faults", "15"]


@dataclass(frozen=True)
class Bug:
    name: str
    file: str
    old: str
    new: str
    options: list = field(default_factory=list)
    scenario: str = ""  # what seeds meet too seldom

    @property
    def arguments(self):
        return ["--once", "--scenario", self.scenario] if self.scenario else SEEDS + self.options


BUGS = [
    Bug("send-before-commit", "src/engine/shard.cpp",
        "    if (batch.is_transition() || decision.state.health != slot.state.health) {\n",
        "    dispatcher_.add(std::vector<Notification>(decision.notifications));\n"
        "    if (batch.is_transition() || decision.state.health != slot.state.health) {\n"),
    Bug("send-what-a-stop-could-not-commit", "src/engine/shard.cpp",
        "        if (written == CommitOutcome::abandoned) co_return;\n",
        "        (void)written;\n",
        scenario="tests/sim/scenarios/stop-while-store-fails.json"),
    Bug("counter-lost-on-restart", "src/app/app.cpp",
        "            it->second.state = row.state;\n",
        "            it->second.state = row.state;\n"
        "            it->second.state.bad_streak = 0;\n"),
    Bug("incident-forgotten-on-restart", "src/app/app.cpp",
        "        open = std::move(incident);\n",
        "        (void)open;\n"),
    Bug("duplicate-on-retry", "src/notify/render.cpp",
        "    mail.message_id = message_id(notification.id, domain);\n",
        "    mail.message_id = message_id(\n"
        "        NotificationId(notification.id.str() + std::to_string(notification.attempts)), "
        "domain);\n"),
    Bug("delivery-not-recorded", "src/engine/dispatcher.cpp",
        "    commit_later(std::move(rows));\n    // A reload",
        "    rows.clear();\n    // A reload"),
    Bug("refused-mail-counts-as-sent", "src/core/outbox.cpp",
        "        if (outcome.accepted() || (outcome.final_refusal() && !digest)) {\n"
        "            row.row.status = outcome.accepted() ? DeliveryStatus::delivered : "
        "DeliveryStatus::dead;\n",
        "        if (true) {\n"
        "            row.row.status = DeliveryStatus::delivered;\n"),
    Bug("unknown-counts-as-failure", "src/probe/http_probe.cpp",
        "is_own_fault(result.reason.code) ? Outcome::unknown : Outcome::down;\n",
        "Outcome::down;\n"),
    Bug("merged-recovery-missing", "src/core/outbox.cpp",
        "    if (lane_of_.contains(row.id)) return std::nullopt;  // one row per dedup key\n",
        "    if (lane_of_.contains(row.id)) return std::nullopt;  // one row per dedup key\n"
        "    if (row.kind == NotificationKind::recovery && lanes_.contains(key)) "
        "return std::nullopt;\n"),
    Bug("alert-while-cut-off", "src/engine/uplink_watch.cpp",
        "        result.outcome = Outcome::unknown;\n", ""),
    Bug("transition-not-synced", "src/store/sqlite/sqlite_file.cpp",
        "    const bool durable = !batch.is_results_only();\n",
        "    const bool durable = false;\n", ["--disk"]),
]


def text_of(bug):
    text = (ROOT / bug.file).read_text()
    if text.count(bug.old) != 1:
        sys.exit(f"{bug.file}: {bug.name} can no longer be planted there: bring its text in "
                 "tools/planted_bugs.py up to date")
    return text


def make_copy():
    """The files of the tree as they are; those that did not change keep their times."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name in listed.splitlines():
        source, copy = ROOT / name, COPY / name
        if not source.is_file() or copy.exists() and copy.read_bytes() == source.read_bytes():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)


def build():
    logged = COPY / "build.log"
    with logged.open("w") as log:
        for command in (["cmake", "--preset", "release", "-DVIGIA_TESTS=OFF"],
                        ["cmake", "--build", "--preset", "release", "--target", "vigia-sim"]):
            if subprocess.run(command, cwd=COPY, stdout=log, stderr=log).returncode != 0:
                sys.exit(f"does not build: {logged}")


def simulate(arguments):
    """(seeds run, first broken invariant, command that repeats it), the latter None without one."""
    seeds, broken = 0, None
    with subprocess.Popen([COPY / "build/release/vigia-sim", *arguments], cwd=COPY,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        for line in process.stdout:
            seeds += ", journal " in line
            if broken is None and " broken at " in line:
                broken = line.split(": ", 1)[1].split(" broken at ")[0], line.strip()
            elif broken and line.startswith("    again: "):
                process.kill()
                return seeds, *broken, line.split(": ", 1)[1].strip()
        status = process.wait()
    if status != 0:
        return seeds, f"exit status {status}", "it ended", shlex.join(["./dev", "sim", *arguments])
    return seeds, None, None, None


def hunt(bug):
    """True if the bug was found, twice by the same invariant."""
    planted = COPY / bug.file
    original = text_of(bug)
    planted.write_text(original.replace(bug.old, bug.new))
    try:
        build()
        seeds, rule, line, command = simulate(bug.arguments)
        if rule is None:
            print(f"{bug.name}: NOT FOUND in {seeds} seeds", flush=True)
            return False
        _, again, _, _ = simulate(shlex.split(command)[2:])
    finally:
        planted.write_text(original)
    print(f"{bug.name}: {rule} after {seeds} seeds; again by `{command}`: {again}\n    {line}",
          flush=True)
    return again == rule


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    chosen = [bug for bug in BUGS if not arguments.names or bug.name in arguments.names]
    if unknown := set(arguments.names) - {bug.name for bug in BUGS}:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    for bug in chosen:
        text_of(bug)
    if arguments.check:
        return 0
    make_copy()
    build()
    for words in sorted({tuple(bug.arguments) for bug in chosen}):
        _, rule, line, command = simulate(words)
        if rule:
            sys.exit(f"the tree itself breaks {rule}: {line}\n{command}")
    found = [hunt(bug) for bug in chosen]
    print(f"{sum(found)} of {len(found)} planted bugs found")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
