"""The graphs of `graphs.rs`, for dask's own client; each function gives the seconds that it takes."""

import os
import time
import uuid

from dask._task_spec import List, Task, TaskRef


def double(n):
    return 2 * n


def add(a, b):
    return a + b


def make(size):
    value = b"\7" * size
    time.sleep(0.1)
    return value, os.getpid(), time.time()


def meet(a, b):
    return a[1:], b[1:], time.time(), len(a[0]) + len(b[0])


class Graph:
    """A graph with keys that no other graph has, since dask takes equal keys for equal values."""

    def __init__(self):
        self.run = uuid.uuid4().hex
        self.tasks = {}

    def add(self, function, *arguments):
        key = f"{function.__name__}-{self.run}-{len(self.tasks)}"
        self.tasks[key] = Task(key, function, *arguments)
        return TaskRef(key)

    def get(self, client, *wanted):
        return client.get(self.tasks, [ref.key for ref in wanted])


def timed(client, graph, wanted, expected):
    start = time.perf_counter()
    result = graph.get(client, *wanted)
    took = time.perf_counter() - start
    assert result == expected
    return took


def warm(client):
    graph = Graph()
    graph.get(client, *[graph.add(double, i) for i in range(100)])


def independent(client, n=10_000):
    warm(client)
    graph = Graph()
    return timed(client, graph, [graph.add(double, i) for i in range(n)], [2 * i for i in range(n)])


def sum_of_all(client, n=10_000):
    warm(client)
    graph = Graph()
    total = graph.add(sum, List(*[graph.add(double, i) for i in range(n)]))
    return timed(client, graph, [total], [n * (n - 1)])


def tree(client, leaves=1024):
    warm(client)
    graph = Graph()
    level = [graph.add(double, i) for i in range(leaves)]
    while len(level) > 1:
        level = [graph.add(add, *pair) for pair in zip(level[::2], level[1::2])]
    return timed(client, graph, level, [leaves * (leaves - 1)])


def chain(client, n=1000):
    warm(client)
    graph = Graph()
    x = graph.add(add, 0, 1)
    for i in range(1, n):
        x = graph.add(add, x, i)
    return timed(client, graph, [x], [n * (n - 1) // 2 + 1])


def meeting(client, size):
    while True:
        graph = Graph()
        met = graph.add(meet, graph.add(make, size), graph.add(make, size))
        (((process_a, a), (process_b, b), met, sizes),) = graph.get(client, met)
        assert sizes == 2 * size
        if process_a != process_b:
            return met - max(a, b)


def moved(client, size=100_000_000):
    return meeting(client, size) - meeting(client, 10)
