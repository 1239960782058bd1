// Runs graphs with other libraries, as benches/peers/process.rs asks on standard input.
//
//   plan N                            then, in 32-bit numbers, of each of N tasks: kind, input, how many reads, the reads
//   run BY THREADS TURNS TIMES AGAIN  answers with a line: value, ns to build, to run and to drop, of each time
//   names                             answers with a line: the libraries that are here, each with its version

#include <cstdio>
#include <cstring>
#include <string>

#include "plan.hpp"

#ifdef WITH_ONETBB
#include <tbb/version.h>

#include "onetbb.hpp"
#endif
#ifdef WITH_OPENMP
#include "openmp.hpp"
#endif
#ifdef WITH_TASKFLOW
#include "taskflow.hpp"
#endif

static uint32_t number() {
    uint32_t value = 0;
    if (fread(&value, sizeof value, 1, stdin) != 1) {
        exit(1);
    }
    return value;
}

static Plan read_plan(uint32_t tasks) {
    Plan plan;
    for (uint32_t task = 0; task < tasks; task++) {
        plan.kinds.push_back(number());
        plan.inputs.push_back(number());
        for (uint32_t reads = number(); reads > 0; reads--) {
            plan.reads.push_back(number());
        }
        plan.first.push_back(static_cast<uint32_t>(plan.reads.size()));
    }
    return plan;
}

static std::vector<Taken> run(const std::string &by, const Plan &plan, int threads, uint32_t turns, int times, bool again) {
#ifdef WITH_ONETBB
    if (by == "oneTBB") {
        return measure<OneTbb>(plan, threads, turns, times, again);
    }
#endif
#ifdef WITH_OPENMP
    if (by == "OpenMP") {
        return measure<OpenMp>(plan, threads, turns, times, again);
    }
#endif
#ifdef WITH_TASKFLOW
    if (by == "Taskflow") {
        return measure<Taskflow>(plan, threads, turns, times, again);
    }
#endif
    return {};
}

static std::string names() {
    std::vector<std::string> names;
#ifdef WITH_ONETBB
    names.push_back("oneTBB " + std::to_string(TBB_VERSION_MAJOR) + "." + std::to_string(TBB_VERSION_MINOR));
#endif
#ifdef WITH_OPENMP
    names.push_back("OpenMP (gcc " + std::to_string(__GNUC__) + ")");
#endif
#ifdef WITH_TASKFLOW
    names.push_back(std::string("Taskflow ") + tf::version());
#endif
    std::string all;
    for (const std::string &name : names) {
        all += (all.empty() ? "" : ", ") + name;
    }
    return all;
}

int main() {
    Plan plan;
    char line[256], by[32];
    uint32_t tasks, turns;
    int threads, times, again;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "plan %u", &tasks) == 1) {
            plan = read_plan(tasks);
        } else if (sscanf(line, "run %31s %d %u %d %d", by, &threads, &turns, &times, &again) == 5) {
            for (const Taken &taken : run(by, plan, threads, turns, times, again != 0)) {
                printf("%llu %.0f %.0f %.0f ", static_cast<unsigned long long>(taken.value), taken.build, taken.run, taken.drop);
            }
            printf("\n");
        } else {
            printf("%s\n", names().c_str());
        }
        fflush(stdout);
    }
}
