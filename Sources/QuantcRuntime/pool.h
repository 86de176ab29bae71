/// A pool of threads that share out the tiles of one step at a time.
///
/// The thread that runs the model posts the step to the mailbox of every worker that takes part,
/// computes the first slice, and then takes back each slice that its worker has not begun: a worker
/// that the system does not run costs nothing but its help. Slices do not depend on each other, so
/// who computes one moves no bit. A worker spins on its mailbox for a bounded time, then sleeps.

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
  /// Threads that take part, at most the pool's; 1 means that nobody is asked for help.
  uint32_t parts;
} qc_call;

typedef struct qc_worker {
  /// What is to be done with the slice of call `call`; the futex of both sides.
  alignas(64) _Atomic uint32_t phase;
  /// Written before the slice is opened, read after it is taken.
  uint32_t call;
  /// Set while the worker sleeps or is about to.
  _Atomic uint32_t is_asleep;
  alignas(64) struct qc_pool *pool;
  /// 1 and up: the slice that the worker computes. The thread that runs the model has slice 0.
  uint32_t index;
  pthread_t thread;
} qc_worker;

typedef struct qc_pool {
  const qc_call *calls;
  /// First scratch; that of slice i is `i * scratch_stride` bytes further on.
  uint8_t *scratch;
  uint64_t scratch_stride;
  /// Workers that were started; worker i is at `workers[i - 1]`.
  uint32_t worker_count;
  /// How long to spin before sleeping; 0 where threads outnumber processors.
  uint64_t spin_nanoseconds;
  qc_worker *workers;
  /// Processor of the thread that runs the model, when its run began.
  alignas(64) _Atomic int caller_processor;
} qc_pool;

/// Starts `thread_count - 1` workers. The fields `calls`, `scratch`, `scratch_stride` are set.
qc_status qc_pool_start(qc_pool *pool, uint32_t thread_count, qc_error *error);

/// Ends the workers that were started.
void qc_pool_stop(qc_pool *pool);

/// Begins a run: sleeping workers are woken, so that they spin when the first shared step comes.
void qc_pool_wake(qc_pool *pool);

/// Runs call `index`, whose `parts` is above 1 and at most the threads of the pool; returns when it
/// is complete.
void qc_pool_run(qc_pool *pool, uint32_t index);

/// Nanoseconds of a clock that never goes back.
uint64_t qc_now(void);

#endif
