"""Millwright alone: what it costs to ask each request who sends it."""

import re
import statistics

from common import fixtures
from common.rest import Rest
from common.servers import Attached, Millwright
from load import settle, wrk

CONNECTIONS = 8
RUNS = 32
TURNS = 15
TURN_SECONDS = 4
OVERHEAD_LIMIT_PERCENT = 5


class Authenticated(Millwright):
    def command(self, home):
        return [*super().command(home), "--set", "server.authentication=on"]

    def token(self):
        """Of the administrator, which a new store's first start prints."""
        return re.search(r"^\s*(mw_\S+)$", self.log.read_text(errors="replace"), re.M).group(1)


def measure_authentication(bench, server):
    """Answers {name: number}. Both servers run all the time and are loaded in turns of a few seconds, so that what
    else the machine does falls on both; the overhead is the median over the turns."""
    if isinstance(server, Attached):
        return {}
    guarded = Authenticated()
    open_home, guarded_home = bench.fresh_home(server), bench.fresh_home(guarded)
    with server.running(open_home) as open_url, guarded.running(guarded_home) as guarded_url:
        sides = [Side(open_url, None), Side(guarded_url, guarded.token())]
        for side in sides:
            side.load(bench.warm_up)
        turns = []
        for turn in range(3 if bench.quick else TURNS):
            order = sides if turn % 2 == 0 else sides[::-1]
            rates = {side: side.load(TURN_SECONDS) for side in order}
            turns.append([rates[side] for side in sides])
    errors = sum(side.errors for side in sides)
    bench.discard(open_home)
    bench.discard(guarded_home)
    bench.details.append({"server": server.name, "request": "log-metric", "turns": turns})
    return {
        "rate_off": statistics.median(off for off, _ in turns), "rate_on": statistics.median(on for _, on in turns),
        "overhead": statistics.median((off / on - 1) * 100 for off, on in turns), "errors": errors}


class Side:
    def __init__(self, url, token):
        self.url, self.token, self.first, self.errors = url, token, 0, 0
        rest = Rest(url, token=token)
        self.experiment = fixtures.create_experiment(rest, "authentication")
        self.runs = ",".join(fixtures.create_runs(rest, self.experiment, RUNS))
        rest.close()

    def load(self, seconds):
        settle(self.url, self.experiment, token=self.token)
        self.first += 100_000
        result = wrk(self.url, "log-metric", CONNECTIONS, seconds, token=self.token, runs=self.runs, first=self.first)
        self.errors += result["error_count"]
        return result["answered_per_second"]


# (key, label, unit, limit that the number must stay under)
AUTHENTICATION_LINES = [
    ("rate_off", "log-metric, 8 connections, open", "1/s", None),
    ("rate_on", "log-metric, 8 connections, authenticated by token", "1/s", None),
    ("overhead", "authentication adds (median of the turns)", "%", OVERHEAD_LIMIT_PERCENT),
    ("errors", "errors", "", 1),
]
