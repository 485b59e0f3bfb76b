"""What became of each task, written outside the programs under test."""
import bisect
import collections
import statistics
import time

TASK = "task-"   # and its number


def number_of(body):
    return int(body[len(TASK):])


class Moves:
    """When something was confirmed, or done, and which was the newest task until then."""

    def __init__(self):
        self.at, self.newest = [], [0]

    def add(self, bodies):
        self.at.append(time.monotonic())
        self.newest.append(max(self.newest[-1], *map(number_of, bodies)))

    def first_after(self, since):
        index = bisect.bisect_right(self.at, since)
        return self.at[index] if index < len(self.at) else None

    def first_newer(self, number):
        """When the first task came that was fed after that one. What was confirmed or delivered
        before a fault may still lie in a buffer after it: a newer task does not."""
        index = bisect.bisect_right(self.newest, number) - 1
        return self.at[index] if index < len(self.at) else None


class Ledger:
    """Which tasks were confirmed and which were done, and how often: the verdict."""

    def __init__(self):
        self.fed, self.confirmed = {}, set()  # {id: body}, bodies
        self.done = {}                        # {body: [(redelivered, id)]}
        self.moves = collections.defaultdict(Moves)  # of a kind, and of one: (kind, index)

    def on_confirmed(self, ids, index):
        if ids:
            bodies = [self.fed[each] for each in ids]
            self.confirmed.update(bodies)
            self.on_move("producer", index, bodies)

    def on_done(self, lines, index):
        for line in lines:
            body, *rest = line.split()
            self.done.setdefault(body, []).append(tuple(rest))
        if lines:
            self.on_move("worker", index, [line.split()[0] for line in lines])

    def on_move(self, kind, index, bodies):
        self.moves[kind].add(bodies)
        self.moves[kind, index].add(bodies)

    def first_move(self, kind, since):
        """When producers or workers went on after that time, or None."""
        return self.moves[kind].first_after(since)

    def verdict(self):
        """Raises when one is lost; returns the counts."""
        lost = self.confirmed - self.done.keys()
        if lost:
            raise AssertionError(f"{len(lost)} of {len(self.confirmed)} confirmed tasks lost: "
                                 f"{sorted(lost)[:20]}")
        strange = self.done.keys() - set(self.fed.values())
        if strange:
            raise AssertionError(f"done but never fed: {sorted(strange)[:20]}")
        duplicates = flagged = same_id = 0
        for body, times in self.done.items():
            # Whoever was late may print its first delivery after another's redelivery.
            flagged += min(len(times) - 1, sum(each[0] == "1" for each in times if each))
            ids = {each[1] for each in times if each}
            if len(ids) > 1:
                raise AssertionError(f"{body} was done under several ids: {ids}")
            duplicates += len(times) - 1
            same_id += (len(times) - 1) if ids else 0
        return {"fed": len(self.fed), "confirmed": len(self.confirmed), "lost": 0,
                "duplicates": duplicates, "of_these_with_the_same_id_in_the_ledger": same_id,
                "of_these_flagged_redelivered": flagged}


class Recoveries:
    """From a fault's end to the first task that was confirmed, or done."""

    def __init__(self):
        self.times_s = collections.defaultdict(list)  # {(fault, who): [...]}

    def add(self, fault, who, time_s):
        self.times_s[fault, who].append(time_s)

    @staticmethod
    def words(times_s):
        return (f"{len(times_s):5} times, median {1000 * statistics.median(times_s):6.0f} ms, "
                f"max {1000 * max(times_s):6.0f} ms")

    def print(self):
        print("from a fault's end to the first task confirmed or done:")
        for who in sorted({who for _, who in self.times_s}):
            all_of = [each for (_, one), times in self.times_s.items() if one == who
                      for each in times]
            print(f"  {'any':21} {who:14} {self.words(all_of)}")
        for (fault, who), times in sorted(self.times_s.items()):
            print(f"  {fault:21} {who:14} {self.words(times)}")
