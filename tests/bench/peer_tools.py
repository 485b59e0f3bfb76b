"""The command-line tools beside amqp-tools, on the real broker: whole commands, wall and CPU."""

import pathlib
import shutil
import subprocess
import tempfile

import measuring

HEADS = ["command", "tasks", "wall, s", "CPU, s", "wall of amqp-tools'", "CPU of amqp-tools'"]


def missing(folder):
    for each in ("taskwire-producer", "taskwire-worker"):
        if not (pathlib.Path(folder) / each).exists():
            return f"build the target {each}, or say with --tools where it is"
    return None if shutil.which("amqp-consume") else "apt-get install amqp-tools"


def publish(bench, broker, command, count):
    broker.empty_queue()
    with subprocess.Popen(["seq", str(count)], stdout=subprocess.PIPE) as lines:
        return measuring.timed(bench, command, stdin=lines.stdout, stderr=subprocess.DEVNULL)


def consume(bench, broker, producer, command, count):
    broker.empty_queue()
    with subprocess.Popen(["seq", str(count)], stdout=subprocess.PIPE) as lines:
        subprocess.run([producer, "-q", "-u", broker.url, measuring.QUEUE], stdin=lines.stdout,
                       check=True)
    with tempfile.TemporaryFile() as out:
        result = measuring.timed(bench, command, stdout=out, stderr=subprocess.DEVNULL)
        out.seek(0)
        digits = sum(len(line.rstrip(b"\n")) for line in out)
    if digits != sum(len(str(each)) for each in range(1, count + 1)):
        raise measuring.Failed(f"not all tasks came out of: {' '.join(command)}")
    return result


def commands(folder, url, count):
    """The pairs: what it does, ours, theirs."""
    queue = measuring.QUEUE
    return {
        "publish": ([f"{folder}/taskwire-producer", "-q", "-u", url, queue],
                    ["amqp-publish", "-u", url, "-r", queue, "-p", "-l"]),
        "consume": ([f"{folder}/taskwire-worker", "-q", "-u", url, "--exit-when-empty",
                     "--prefetch", "256", queue],
                    ["amqp-consume", "-u", url, "-q", queue, "-p", "256", "-c", str(count), "cat"]),
    }


def shown(command, url):
    words = [pathlib.Path(command[0]).name] + command[1:]
    return f"`{' '.join(words).replace(f' -u {url}', '')}`"


def rows_of(runs, count, url):
    theirs = runs[-1][1]
    for command, results in runs:
        values = {key: [each[key] for each in results] for key in ("wall_s", "cpu_s")}
        ratios = [measuring.ratio(values[key], [each[key] for each in theirs])
                  for key in ("wall_s", "cpu_s")]
        yield [shown(command, url), f"{count:,}", measuring.spread(values["wall_s"]),
               measuring.spread(values["cpu_s"]), *ratios]


def measure(bench, broker, folder, messages, repetitions):
    """Returns a table. Consuming is tried with a tenth: amqp-consume starts a process a task."""
    rows = []
    for kind, count in (("publish", messages), ("consume", max(messages // 10, 1))):
        pair = commands(folder, broker.url, count)[kind]
        runs = [(command, []) for command in pair]
        for _ in range(repetitions):
            for command, results in runs:
                if kind == "publish":
                    results.append(publish(bench, broker, command, count))
                else:
                    results.append(consume(bench, broker, f"{folder}/taskwire-producer", command,
                                           count))
        rows += rows_of(runs, count, broker.url)
    return measuring.markdown(HEADS, rows)
