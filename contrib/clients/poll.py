#!/usr/bin/env python3

"""Polls the gateway until a task is finished, with Python's library alone.

    poll.py URL TASK_ID [DEADLINE [GRACE]]

URL is the gateway's location, without a query.  DEADLINE: seconds until it
gives up (1200); GRACE: seconds for which a task may be unknown (30).

Exits with 0 where the task succeeded and 3 where it failed, the answer on
standard output; 2 where the request is refused, 4 where there is no such
task, 5 at the deadline.  Standard error tells of each step.

From a program: poll(url, task) returns the state and the answer's bytes.
"""

import http.client
import json
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """The request will not be answered better another time."""


class Unknown(Exception):
    """There is no such task."""


class Deadline(Exception):
    """The task is not finished yet."""


def ask(url, task, limit):
    """One request: status (0: no answer), header fields, body.

    A gateway may hold it for up to 25 s, see docs/polling.md.
    """
    request = urllib.request.Request(
        url + "?" + urllib.parse.urlencode({"taskId": task}),
        headers={"Accept": "application/json", "Prefer": "wait=25"})

    try:
        with urllib.request.urlopen(request, timeout=limit) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        try:
            with answer:
                return answer.code, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, b""
    except (OSError, http.client.HTTPException):
        return 0, {}, b""


def look_into(body):
    """The task's state and the message of an envelope, where it is one."""
    try:
        envelope = json.loads(body)
        result = envelope.get("result") or {}
        return result.get("workflowStatus"), envelope.get("message")
    except (ValueError, AttributeError):
        return None, None


def pause_after(status, headers, failures):
    """What the answer asks for, else 1, 2, 4 ... 30 s, some of it at random."""
    said = headers.get("Retry-After", "")

    if said.isascii() and said.isdigit() and len(said) < 6:
        return int(said)
    if status == 200:
        return 0 if headers.get("Preference-Applied") else 5

    most = min(30, 2 ** min(failures, 5))
    return random.uniform(most / 2, most)


def poll(url, task, deadline=1200, grace=30):
    end = time.monotonic() + deadline
    failures = 0
    unknown_since = None

    while True:
        asked = time.monotonic()
        status, headers, body = ask(url, task, min(45, max(1, end - asked)))
        state, message = look_into(body)
        pause = pause_after(status, headers, failures)

        if status == 200:
            if state in ("SUCCESS", "FAILED"):
                return state, body

            # CREATED, PROCESSING, and what may come to be one day
            what, failures, unknown_since = state or "no state", 0, None
        elif status == 404:
            # it may not be there yet, just after the upload
            unknown_since = unknown_since or asked
            if asked - unknown_since >= grace:
                raise Unknown(f"{status}, {message}")
            what, failures = "no such task yet", failures + 1
        elif status in (0, 429) or status >= 500:
            what, failures = f"{status:03d}", failures + 1
        else:
            raise Refused(f"{status}, {message}")

        # not before a second after the last request, whatever was said
        now = time.monotonic()
        pause = max(pause, asked + 1 - now)
        print(f"poll: {what}, again in {pause:.0f} s", file=sys.stderr)

        if now + pause >= end:
            raise Deadline(f"not finished after {deadline:g} s")
        time.sleep(pause)


def main(arguments):
    if not 2 <= len(arguments) <= 4 or not all(arguments[:2]):
        print("usage: poll.py URL TASK_ID [DEADLINE [GRACE]]", file=sys.stderr)
        return 2

    try:
        state, body = poll(*arguments[:2], *map(float, arguments[2:]))
    except (Refused, Unknown, Deadline) as why:
        print(f"poll: {why}", file=sys.stderr)
        return {Refused: 2, Unknown: 4, Deadline: 5}[type(why)]
    except ValueError as why:
        print(f"poll: {why}", file=sys.stderr)
        return 2

    sys.stdout.buffer.write(body)
    return 0 if state == "SUCCESS" else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
