/* The loops of examples/cholesky/factor.rs, with OpenMP's tasks. The kernels and the tiles are Rust's. */

#include <stddef.h>

struct kernels {
    void (*cut)(const void *a, size_t side, size_t i, size_t j, void *tile);
    void (*potrf)(void *a);
    void (*trsm)(const void *diagonal, void *a);
    void (*syrk)(const void *row, void *a);
    void (*gemm)(const void *left, const void *right, void *a);
};

/* Factors `a`; `tiles` has across * across pointers to places for tiles, by rows, of which the lower ones are used. */
void factor(const struct kernels *call, const void *a, size_t side, char *const *tiles, size_t across, int threads) {
#define T(i, j) tiles[(i) * across + (j)]
#pragma omp parallel num_threads(threads)
#pragma omp single
    {
        for (size_t j = 0; j < across; j++) {
            for (size_t i = j; i < across; i++) {
#pragma omp task depend(out : *T(i, j))
                call->cut(a, side, i, j, T(i, j));
            }
        }
        for (size_t k = 0; k < across; k++) {
#pragma omp task depend(inout : *T(k, k))
            call->potrf(T(k, k));
            for (size_t i = k + 1; i < across; i++) {
#pragma omp task depend(in : *T(k, k)) depend(inout : *T(i, k))
                call->trsm(T(k, k), T(i, k));
            }
            for (size_t j = k + 1; j < across; j++) {
#pragma omp task depend(in : *T(j, k)) depend(inout : *T(j, j))
                call->syrk(T(j, k), T(j, j));
                for (size_t i = j + 1; i < across; i++) {
#pragma omp task depend(in : *T(i, k), *T(j, k)) depend(inout : *T(i, j))
                    call->gemm(T(i, k), T(j, k), T(i, j));
                }
            }
        }
    }
}
