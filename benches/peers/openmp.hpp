// OpenMP's tasks with `depend`. There is no graph: it is made while it runs, every time.

#pragma once

#include "plan.hpp"

class OpenMp {
    Run &run;
    int threads;

    // A task that reads more than this is run when all before it are done: what it would depend on is put on the stack.
    static constexpr uint32_t MANY = 1000;

  public:
    OpenMp(Run &run, int threads) : run(run), threads(threads) {}

    void go() {
        const Plan &plan = run.plan;
        const uint32_t *reads = plan.reads.data();
        [[maybe_unused]] uint64_t *values = run.values.data();
        Run &here = run;
#pragma omp parallel num_threads(threads)
#pragma omp single
        for (uint32_t task = 0; task < plan.size(); task++) {
            uint32_t from = plan.first[task], to = plan.first[task + 1];
            switch (to - from) {
            case 0:
#pragma omp task depend(out : values[task]) firstprivate(task) shared(here)
                here.compute(task);
                break;
            case 1:
#pragma omp task depend(in : values[reads[from]]) depend(out : values[task]) firstprivate(task) shared(here)
                here.compute(task);
                break;
            case 2:
#pragma omp task depend(in : values[reads[from]], values[reads[from + 1]]) depend(out : values[task]) firstprivate(task) shared(here)
                here.compute(task);
                break;
            default:
                if (to - from > MANY) {
#pragma omp taskwait
                    here.compute(task);
                } else {
#pragma omp task depend(iterator(uint32_t at = from : to), in : values[reads[at]]) depend(out : values[task]) firstprivate(task) shared(here)
                    here.compute(task);
                }
            }
        }
    }
};
