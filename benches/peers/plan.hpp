// The graph that the harness asks for, and what its tasks do. No library is known here.

#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

// What a task does with the sum of what it reads, or its input if it reads nothing.
enum Kind : uint32_t { ADD_ONE = 0, WORK = 1, SUM = 2 };

struct Plan {
    std::vector<uint32_t> kinds, inputs;
    // Task i reads the tasks reads[first[i]] to reads[first[i + 1] - 1], all before it. The last one is the output.
    std::vector<uint32_t> first{0}, reads;

    uint32_t size() const { return static_cast<uint32_t>(kinds.size()); }
};

// The loop of benches/granularity/kernel.rs.
__attribute__((noinline)) inline uint64_t work(uint32_t turns, uint64_t seed) {
    uint64_t x = seed | 1;
    for (uint32_t turn = 0; turn < turns; turn++) {
        x = (x * 0x2545F4914F6CDD1DULL) ^ (x >> 29);
    }
    return x;
}

// A plan that is being run, and the values that it has come to.
struct Run {
    const Plan &plan;
    uint32_t turns;
    std::vector<uint64_t> values;

    Run(const Plan &plan, uint32_t turns) : plan(plan), turns(turns), values(plan.size()) {}

    void compute(uint32_t task) {
        uint32_t from = plan.first[task], to = plan.first[task + 1];
        uint64_t sum = from == to ? plan.inputs[task] : 0;
        for (uint32_t at = from; at < to; at++) {
            sum += values[plan.reads[at]];
        }
        switch (plan.kinds[task]) {
        case ADD_ONE: values[task] = sum + 1; break;
        case WORK: values[task] = work(turns, sum); break;
        default: values[task] = sum;
        }
    }
};

// What a run took, in ns.
struct Taken {
    double build, run, drop;
    uint64_t value;
};

inline double now() {
    return static_cast<double>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

// Builds, runs and drops a graph so many times; or, `again`, builds one, runs it once unseen, and then so many times.
// `Graph(run, threads)` builds, `go()` runs to the end.
template <class Graph>
std::vector<Taken> measure(const Plan &plan, int threads, uint32_t turns, int times, bool again) {
    std::vector<Taken> all;
    all.reserve(times);
    if (again) {
        Run run(plan, turns);
        Graph graph(run, threads);
        graph.go();
        for (int time = 0; time < times; time++) {
            double start = now();
            graph.go();
            all.push_back({0, now() - start, 0, run.values.back()});
        }
        return all;
    }
    for (int time = 0; time < times; time++) {
        double start = now();
        auto run = new Run(plan, turns);
        auto graph = new Graph(*run, threads);
        double built = now();
        graph->go();
        double ran = now();
        uint64_t value = run->values.back();
        delete graph;
        delete run;
        all.push_back({built - start, ran - built, now() - ran, value});
    }
    return all;
}
