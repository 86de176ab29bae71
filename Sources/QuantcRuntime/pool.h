/// A pool of threads that share out the tiles of one step at a time.
///
/// One word says what to do: a sequence number and a step. Workers spin on it for a bounded time,
/// then sleep on a futex. A worker reads the word once and finds in it, together with data that
/// does not change during a run, all that it needs; one that wakes too late sees that it has no
/// part in the step. The thread that runs the model takes the first slice and waits for the others.

#ifndef QUANTC_POOL_H
#define QUANTC_POOL_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "object.h"

/// One step, resolved to addresses.
typedef struct qc_call {
  qc_kernel *kernel;
  const void *arguments;
  void *const *buffers;
  uint32_t tile_count;
  /// Threads that take part, at most the pool's; 1 means that nobody is woken.
  uint32_t parts;
} qc_call;

typedef struct qc_worker {
  struct qc_pool *pool;
  /// 1 and up; the thread that runs the model is 0.
  uint32_t index;
  pthread_t thread;
} qc_worker;

typedef struct qc_pool {
  /// Low half: sequence number, the futex. High half: index of the call, or a command.
  alignas(64) _Atomic uint64_t word;
  /// Workers that have not finished the call yet; a futex of the waiting thread.
  alignas(64) _Atomic uint32_t remaining;
  _Atomic uint32_t caller_sleeps;
  alignas(64) _Atomic uint32_t sleeping_workers;
  alignas(64) const qc_call *calls;
  /// First scratch; that of thread i is `i * scratch_stride` bytes further on.
  uint8_t *scratch;
  uint64_t scratch_stride;
  /// Threads with the caller's, and how many of the workers were started.
  uint32_t thread_count;
  uint32_t started;
  /// How long to spin before sleeping; 0 where threads outnumber processors.
  uint64_t spin_nanoseconds;
  uint32_t sequence;
  qc_worker *workers;
} qc_pool;

/// Starts `thread_count - 1` workers. The fields `calls`, `scratch`, `scratch_stride` are set.
qc_status qc_pool_start(qc_pool *pool, uint32_t thread_count, qc_error *error);

/// Ends the workers that were started.
void qc_pool_stop(qc_pool *pool);

/// Wakes sleeping workers ahead of a run, so that they spin when the first shared step comes.
void qc_pool_wake(qc_pool *pool);

/// Runs call `index`, whose `parts` is above 1, on that many threads; returns when it is complete.
void qc_pool_run(qc_pool *pool, uint32_t index);

/// Nanoseconds of a clock that never goes back.
uint64_t qc_now(void);

#endif
