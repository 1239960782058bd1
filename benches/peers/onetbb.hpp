// oneTBB's flow graph: a continue_node for each task.

#pragma once

#include <deque>
#include <map>
#include <vector>

#include <tbb/flow_graph.h>
#include <tbb/task_arena.h>

#include "plan.hpp"

class OneTbb {
    using Node = tbb::flow::continue_node<tbb::flow::continue_msg>;

    struct Parts {
        tbb::flow::graph graph;
        std::deque<Node> nodes;
        std::vector<Node *> roots;
    };

    tbb::task_arena &arena;
    Parts *parts;

    // Kept, so that threads aren't started anew for each graph.
    static tbb::task_arena &arena_of(int threads) {
        static std::map<int, tbb::task_arena> arenas;
        return arenas.try_emplace(threads, threads, 1).first->second;
    }

  public:
    OneTbb(Run &run, int threads) : arena(arena_of(threads)) {
        // A graph works in the arena that it is made in.
        arena.execute([&] {
            parts = new Parts;
            const Plan &plan = run.plan;
            for (uint32_t task = 0; task < plan.size(); task++) {
                Node &node = parts->nodes.emplace_back(
                    parts->graph, [&run, task](const tbb::flow::continue_msg &) { run.compute(task); });
                for (uint32_t at = plan.first[task]; at < plan.first[task + 1]; at++) {
                    tbb::flow::make_edge(parts->nodes[plan.reads[at]], node);
                }
                if (plan.first[task] == plan.first[task + 1]) {
                    parts->roots.push_back(&node);
                }
            }
        });
    }

    void go() {
        arena.execute([&] {
            for (Node *root : parts->roots) {
                root->try_put(tbb::flow::continue_msg());
            }
            parts->graph.wait_for_all();
        });
    }

    ~OneTbb() {
        arena.execute([&] { delete parts; });
    }
};
