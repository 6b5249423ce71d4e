"""Configurations made short enough to test with, and readers of texts about them."""

import datetime
import re

FAST = {"check_interval": 0.2, "retry_attempts": 1, "retry_delay": 0, "alert_threshold": 2,
        "recovery_threshold": 2, "alert_repeat_interval": 0, "timeout": 2}


def fast(websites, email=None, **settings):
    """A configuration that decides within a second; settings replace FAST's.

    A keyword that is no monitor setting becomes a section of its own (`language="en"`). Notices of
    vigia's own troubles are off, as a dead letter would bring another mail: test_own_health.py. So
    is the watch over the uplink, as that of the machine is none of the tests': test_uplink.py.
    """
    config = {"websites": websites,
              "monitor_settings": FAST | {k: v for k, v in settings.items() if k in FAST},
              "logging_settings": {"enable_file_logging": False},
              "notifications": {"retry_initial": 0.2, "retry_max": 0.4},
              "health": {"notices": False},
              "uplink": {"enabled": False}}
    if email:
        config["email"] = email
    return config | {key: value for key, value in settings.items() if key not in FAST}


def place(text, needle, nth=1):
    """LINE:COLUMN (1-based, in characters) of the nth occurrence of needle in the text."""
    at = -1
    for _ in range(nth):
        at = text.index(needle, at + 1)
    line = text.count("\n", 0, at) + 1
    return f"{line}:{at - text.rfind(chr(10), 0, at)}"


def without_comments(text):
    """JSON from the tolerant dialect: comments and trailing commas removed, strings untouched."""
    out, at = [], 0
    while at < len(text):
        char = text[at]
        if char == '"':
            end = at + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            out.append(text[at:end + 1])
            at = end + 1
        elif text.startswith("//", at):
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif text.startswith("/*", at):
            at = text.index("*/", at) + 2
        else:
            if char in "]}":
                while out and (out[-1].isspace() or out[-1] == ","):
                    if out.pop() == ",":
                        break
            out.append(char)
            at += 1
    return "".join(out)


def moments(text):
    """Every `2024-12-19 10:15:23` in the text, in order."""
    return [datetime.datetime.fromisoformat(found)
            for found in re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text)]


def tells(text, moment):
    """True if the text holds this moment, give or take the second that a log line may be late."""
    return any(abs((found - moment).total_seconds()) <= 1 for found in moments(text))
