// Taskflow: a task for each task.

#pragma once

#include <map>
#include <vector>

#include <taskflow/taskflow.hpp>

#include "plan.hpp"

class Taskflow {
    tf::Executor &executor;
    tf::Taskflow graph;

    // Kept, so that threads aren't started anew for each graph.
    static tf::Executor &executor_of(int threads) {
        static std::map<int, tf::Executor> executors;
        return executors.try_emplace(threads, threads).first->second;
    }

  public:
    Taskflow(Run &run, int threads) : executor(executor_of(threads)) {
        const Plan &plan = run.plan;
        std::vector<tf::Task> tasks;
        tasks.reserve(plan.size());
        for (uint32_t task = 0; task < plan.size(); task++) {
            tasks.push_back(graph.emplace([&run, task] { run.compute(task); }));
            for (uint32_t at = plan.first[task]; at < plan.first[task + 1]; at++) {
                tasks[plan.reads[at]].precede(tasks[task]);
            }
        }
    }

    void go() { executor.run(graph).wait(); }
};
