"""kill -9 and SIGSTOP at random moments: what happened is what was announced, to everyone, once.

The truth is the target's: an outage is over when it was long enough that no end or pause of the program
can have hidden it. VIGIA_CHAOS_ITERATIONS (15) ends of the program, and pauses, one a second;
VIGIA_CHAOS_SEED (1). For many, `-o faulthandler_timeout=0`. The tally is printed.
"""

import collections
import os
import random
import re
import signal
import time

import pytest

from support.configs import fast
from support.smtp import DROP, ScriptedSmtp
from support.store import StoreFile

ITERATIONS = int(os.environ.get("VIGIA_CHAOS_ITERATIONS", "15"))
SEED = int(os.environ.get("VIGIA_CHAOS_SEED", "1"))
RECIPIENTS = ("ana@example.org", "eva@example.org", "luz@example.org")
THRESHOLD = 2
SPARE = 3  # checks more than would do: one may see nothing on a busy machine
SUBJECT = re.compile(r"(🔴 ALERTA: Servicio caído - |🟢 RECUPERADO: Servicio )(Web \d+)$")


class Outages:
    """One site that goes down and comes back; each phase lasts until it was surely noticed.

    An end or a pause of the program costs at most the one check that was under way.
    """

    def __init__(self, name, site, dice):
        self.name, self.site, self.count = name, site, 0
        self._dice, self._down = dice, False
        self.last = False  # once up, it stays up
        self._begin()

    def _begin(self):
        self._from, self._cuts = len(self.site.hits), 0
        self._more = self._dice.randrange(4)

    def program_was_cut(self):
        self._cuts += 1

    @property
    def settled(self):
        needed = THRESHOLD + SPARE + 2 * self._cuts + self._more
        return len(self.site.hits) - self._from >= needed

    @property
    def up(self):
        return not self._down

    def step(self):
        """Goes on to the next phase if this one was noticed."""
        if not self.settled or (self.last and self.up):
            return
        self._down = not self._down
        if self._down:
            self.count += 1
            self.site.down()
        else:
            self.site.up()
        self._begin()


class MoodyMail:
    """Sets the mail server's mood anew every now and then."""

    def __init__(self, smtp, dice):
        self._smtp, self._dice, self._until, self._gone = smtp, dice, 0, False

    def step(self):
        if time.monotonic() < self._until:
            return
        self._until = time.monotonic() + self._dice.uniform(0.1, 0.6)
        self.calm()
        mood = self._dice.randrange(8)
        if mood == 0:
            self._gone = True
            self._smtp.refuse()
        elif mood == 1:
            self._smtp.fault("rcpt", "451 4.3.0 later", only=self._dice.choice(RECIPIENTS))
        elif mood == 2:
            self._smtp.fault("body", DROP)  # taken, perhaps, but nobody said so
        elif mood == 3:
            self._smtp.fault("body", "451 4.3.0 later", times=2)
        elif mood == 4:
            self._smtp.fault("banner", DROP, times=2)

    def calm(self):
        self._smtp.clear()
        if self._gone:
            self._gone = False
            self._smtp.accept()


def let_run(seconds, *parts):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for part in parts:
            part.step()
        time.sleep(0.01)


def let_settle(condition, parts, timeout=60):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it does not come to rest"
        let_run(0.05, *parts)


def threads(messages):
    """Accepted messages by recipient and thread: every incident has one for each."""
    found = collections.defaultdict(list)
    for message in messages:
        assert len(message.recipients) == 1
        thread = message["In-Reply-To"] or message["Message-ID"]
        found[message.recipients[0], str(thread)].append(message)
    return found


def tally(messages):
    """Per site and recipient the outages told; and how many messages came twice."""
    told, alerts, merged, repeats = collections.Counter(), 0, 0, 0
    for (recipient, _), thread in threads(messages).items():
        kinds = collections.defaultdict(set)
        for message in thread:
            kind, name = SUBJECT.match(message.subject).groups()
            kinds[kind[0]].add((str(message["Message-ID"]), name))
        assert len(kinds["🟢"]) == 1, f"{recipient}: not one recovery: {kinds}"
        assert len(kinds["🔴"]) <= 1, f"{recipient}: two alerts of one incident: {kinds}"
        assert len({name for kind in kinds.values() for _, name in kind}) == 1
        alerts += len(kinds["🔴"])
        merged += not kinds["🔴"]
        repeats += len(thread) - len(kinds["🟢"]) - len(kinds["🔴"])
        told[name, recipient] += 1
    return told, alerts, merged, repeats


class Scene:
    """Four sites that come and go, a moody mail server, and a program that has to tell of it."""

    def __init__(self, vigia, sites, smtp):
        self.dice = random.Random(SEED)
        self.outages = [Outages(f"Web {n}", site, self.dice) for n, site in enumerate(sites(4))]
        self.store = StoreFile(vigia.directory / "vigia.db")
        self._smtp = smtp
        self._mail = MoodyMail(smtp, self.dice)
        vigia.write(fast({one.name: one.site.url for one in self.outages}, smtp.email(*RECIPIENTS),
                         check_interval=0.1, alert_threshold=THRESHOLD,
                         recovery_threshold=THRESHOLD, timeout=5))

    def run(self, shortest, longest):
        let_run(self.dice.uniform(shortest, longest), self._mail, *self.outages)

    def cut(self):
        for one in self.outages:
            one.program_was_cut()

    def finish(self, running):
        """All is up and told, then the program is stopped."""
        for one in self.outages:
            one.last = True
        let_settle(lambda: all(one.up and one.settled for one in self.outages),
                   [self._mail, *self.outages])
        self._mail.calm()
        let_settle(lambda: self.store.one("SELECT count(*) FROM notification "
                                          "WHERE status = 'pending'") == 0, [])
        running.stop()

    def judge(self, capsys, cuts):
        """Mails and store tell what happened."""
        told, alerts, merged, repeats = tally(self._smtp.messages)
        happened = sum(one.count for one in self.outages)
        with capsys.disabled():
            print(f"\nseed {SEED}: {cuts}; outages {happened}, recipients {len(RECIPIENTS)}, mails "
                  f"accepted {len(self._smtp.messages)}: alerts {alerts}, recoveries "
                  f"{sum(told.values())} (of which tell the outage too: {merged}), repeats with "
                  f"equal Message-ID {repeats}")
        assert happened >= len(self.outages), "the test must have made something happen"
        assert told == {(one.name, recipient): one.count
                        for one in self.outages for recipient in RECIPIENTS if one.count}
        self._judge_store(happened, alerts, merged)

    def _judge_store(self, happened, alerts, merged):
        store = self.store
        assert store.one("PRAGMA integrity_check") == "ok"
        assert dict(store.rows("SELECT monitor_name, count(*) FROM incident WHERE "
                               "end_reason = 'resolved' AND ended_at NOT NULL GROUP BY 1")) == {
            one.name: one.count for one in self.outages if one.count}
        assert store.one("SELECT count(*) FROM incident WHERE ended_at IS NULL") == 0
        deliveries = collections.Counter(dict.fromkeys(
            ("alert delivered", "alert merged", "recovery delivered"), 0))
        deliveries.update({f"{kind} {status}": count for kind, status, count in store.rows(
            "SELECT kind, status, count(*) FROM notification GROUP BY 1, 2")})
        # An alert that was accepted, but whose record an end of the program took, may be merged,
        # too.
        assert deliveries["alert delivered"] + deliveries["alert merged"] == 3 * happened
        assert deliveries["alert delivered"] <= alerts <= 3 * happened
        assert deliveries["recovery delivered"] == 3 * happened
        assert sum(deliveries.values()) == 6 * happened
        assert merged <= deliveries["alert merged"]


@pytest.fixture
def scene(vigia, sites):
    with ScriptedSmtp() as smtp:
        yield Scene(vigia, sites, smtp)


def test_whenever_it_is_killed_every_outage_is_told_to_everyone_once(vigia, scene, capsys):
    ends = collections.Counter()
    for _ in range(ITERATIONS):
        running = vigia.start()
        scene.run(0.05, 2)
        end = scene.dice.choice([signal.SIGKILL] * 5 + [signal.SIGTERM])
        running.signal(end)
        assert running.wait(6) == (0 if end == signal.SIGTERM else -end)
        ends[end.name] += 1
        scene.cut()
    scene.finish(vigia.start())
    scene.judge(capsys, dict(ends))


def test_whenever_it_is_stopped_for_a_while_every_outage_is_told_to_everyone_once(
        vigia, scene, capsys):
    running = vigia.start()
    for _ in range(ITERATIONS):
        scene.run(0.05, 0.9)
        running.signal(signal.SIGSTOP)
        scene.run(0.05, 1.1)  # up to eleven intervals
        running.signal(signal.SIGCONT)
        scene.cut()
    scene.finish(running)
    scene.judge(capsys, {"pauses": ITERATIONS})
