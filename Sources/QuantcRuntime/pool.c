#define _GNU_SOURCE
#include "pool.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "float_state.h"

/// What a mailbox says.
enum {
  /// The slice of the call is complete, or there was none yet.
  phase_complete,
  /// The slice waits for whoever takes it first.
  phase_open,
  /// The worker computes the slice.
  phase_taken,
  /// The worker computes the slice and the caller sleeps until it is complete.
  phase_awaited,
  phase_quit,
};

/// Bound of a wait by spinning: longer than the gap between two steps, shorter than anything a
/// person would notice on a battery.
static const uint64_t spin_bound_nanoseconds = 40000;

uint64_t qc_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#else
  __asm__ volatile("" ::: "memory");
#endif
}

static void wait_while(const qc_worker *worker, uint32_t phase) {
  syscall(SYS_futex, &worker->phase, FUTEX_WAIT_PRIVATE, phase, NULL, NULL, 0);
}

static void wake_waiter(const qc_worker *worker) {
  syscall(SYS_futex, &worker->phase, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/// Whether a wait by spinning may go on. The clock is first read when the wait is already long, so
/// that a short one does not pay for it: `*end` is 0 until then.
static int may_spin(const qc_pool *pool, uint64_t *end) {
  const uint64_t now = qc_now();
  if (*end == 0)
    *end = now + pool->spin_nanoseconds;
  return now < *end;
}

/// Replaces phase `from` by `to` and returns the phase before.
static inline uint32_t replace(qc_worker *worker, uint32_t from, uint32_t to) {
  atomic_compare_exchange_strong_explicit(&worker->phase, &from, to, memory_order_acq_rel,
                                          memory_order_acquire);
  return from;
}

/// Waits for a slice of the worker and takes it, spinning at most for the pool's bound. Returns the
/// phase before: open when the slice is the worker's now.
///
/// Spins by exchanging, not by reading: the cache line then comes to the worker once, writable.
static uint32_t spin_for_slice(const qc_pool *pool, qc_worker *worker) {
  uint64_t end = 0;
  uint32_t phase;
  do {
    for (int i = 0; i < 64; ++i) {
      phase = replace(worker, phase_open, phase_taken);
      if (phase != phase_complete || pool->spin_nanoseconds == 0)
        return phase;
      pause_briefly();
    }
  } while (may_spin(pool, &end));
  return phase;
}

/// Moves the worker to another processor when it shares that of the thread that runs the model:
/// two threads that take turns on one processor while another is idle can stay so for long, since
/// neither ever waits for a processor when the system looks.
static void leave_caller(const qc_pool *pool) {
  const int processor = atomic_load_explicit(&pool->caller_processor, memory_order_relaxed);
  if (processor < 0 || processor >= CPU_SETSIZE || processor != sched_getcpu())
    return;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return;
  cpu_set_t others = allowed;
  CPU_CLR(processor, &others);
  if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof others, &others) != 0)
    return;
  // Only the move was wanted: from here on the system may place the thread as before.
  sched_setaffinity(0, sizeof allowed, &allowed);
}

/// Waits until the slice is the worker's; 0 when there will be none.
static int wait_for_slice(const qc_pool *pool, qc_worker *worker) {
  uint32_t phase = spin_for_slice(pool, worker);
  while (phase == phase_complete) {
    atomic_store_explicit(&worker->is_asleep, 1, memory_order_relaxed);
    wait_while(worker, phase_complete);
    atomic_store_explicit(&worker->is_asleep, 0, memory_order_relaxed);
    if (pool->spin_nanoseconds > 0)
      leave_caller(pool);
    phase = spin_for_slice(pool, worker);
  }
  return phase == phase_open;
}

/// Computes slice `part` of a call: tiles cut into runs of equal length, give or take one.
static inline void run_slice(const qc_pool *pool, const qc_call *call, uint32_t part) {
  const uint64_t tiles = call->tile_count;
  const uint32_t begin = (uint32_t)(tiles * part / call->parts);
  const uint32_t end = (uint32_t)(tiles * (part + 1u) / call->parts);
  void *scratch = pool->scratch + part * pool->scratch_stride;
  if (begin < end)
    call->kernel(call->arguments, call->buffers, scratch, begin, end);
}

static void *work(void *argument) {
  qc_worker *worker = argument;
  const qc_pool *pool = worker->pool;
  qc_float_state_enter();
  while (wait_for_slice(pool, worker)) {
    run_slice(pool, &pool->calls[worker->call], worker->index);
    const uint32_t before =
        atomic_exchange_explicit(&worker->phase, phase_complete, memory_order_acq_rel);
    if (before == phase_awaited)
      wake_waiter(worker);
  }
  return NULL;
}

void qc_pool_wake(qc_pool *pool) {
  const int processor = sched_getcpu();
  if (processor != atomic_load_explicit(&pool->caller_processor, memory_order_relaxed))
    atomic_store_explicit(&pool->caller_processor, processor, memory_order_relaxed);
  for (uint32_t i = 0; i < pool->worker_count; ++i) {
    if (atomic_load_explicit(&pool->workers[i].is_asleep, memory_order_relaxed) != 0)
      wake_waiter(&pool->workers[i]);
  }
}

/// Opens the slice of a worker and wakes it. One that falls asleep at this very moment may miss
/// the wake; then the slice is taken back, and the next one wakes it.
static inline void post(qc_worker *worker, uint32_t index) {
  worker->call = index;
  atomic_store_explicit(&worker->phase, phase_open, memory_order_release);
  if (atomic_load_explicit(&worker->is_asleep, memory_order_relaxed) != 0)
    wake_waiter(worker);
}

/// Takes a slice back that its worker has not begun; 0 when it has.
static inline int take_back(qc_worker *worker) {
  return atomic_load_explicit(&worker->phase, memory_order_relaxed) == phase_open &&
         replace(worker, phase_open, phase_complete) == phase_open;
}

/// Waits until the slice is complete.
static void await(const qc_pool *pool, qc_worker *worker) {
  uint64_t end = 0;
  do {
    for (int i = 0; i < 64; ++i) {
      if (atomic_load_explicit(&worker->phase, memory_order_acquire) == phase_complete)
        return;
      pause_briefly();
    }
  } while (pool->spin_nanoseconds > 0 && may_spin(pool, &end));
  if (replace(worker, phase_taken, phase_awaited) == phase_complete)
    return;
  while (atomic_load_explicit(&worker->phase, memory_order_acquire) == phase_awaited)
    wait_while(worker, phase_awaited);
}

void qc_pool_run(qc_pool *pool, uint32_t index) {
  const qc_call *call = &pool->calls[index];
  for (uint32_t part = 1; part < call->parts; ++part)
    post(&pool->workers[part - 1], index);
  run_slice(pool, call, 0);
  for (uint32_t part = 1; part < call->parts; ++part) {
    if (take_back(&pool->workers[part - 1]))
      run_slice(pool, call, part);
  }
  for (uint32_t part = 1; part < call->parts; ++part)
    await(pool, &pool->workers[part - 1]);
}

/// Starts one worker with all signals blocked: they belong to the threads of the application.
static int start_worker(qc_worker *worker) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0)
    return 0;
  pthread_attr_setstacksize(&attributes, (size_t)512 << 10);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failure = pthread_create(&worker->thread, &attributes, work, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return failure == 0;
}

/// Whether every thread can have a processor of its own.
static int processors_suffice(uint32_t thread_count) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  return (uint32_t)CPU_COUNT(&set) >= thread_count;
}

qc_status qc_pool_start(qc_pool *pool, uint32_t thread_count, qc_error *error) {
  atomic_init(&pool->caller_processor, -1);
  pool->spin_nanoseconds = processors_suffice(thread_count) ? spin_bound_nanoseconds : 0;
  pool->worker_count = 0;
  if (thread_count < 2)
    return QC_OK;
  const size_t byte_count = (thread_count - 1u) * sizeof *pool->workers;
  pool->workers = aligned_alloc(_Alignof(qc_worker), byte_count);
  if (pool->workers == NULL) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for %u threads", thread_count);
  }
  memset(pool->workers, 0, byte_count);
  for (uint32_t i = 0; i + 1 < thread_count; ++i) {
    qc_worker *worker = &pool->workers[i];
    atomic_init(&worker->phase, phase_complete);
    atomic_init(&worker->is_asleep, 0);
    worker->pool = pool;
    worker->index = i + 1;
    if (!start_worker(worker)) {
      qc_pool_stop(pool);
      return qc_fail(error, QC_SYSTEM_ERROR, NULL, "the system started only %u of %u threads",
                     i + 1, thread_count);
    }
    pool->worker_count = i + 1;
  }
  return QC_OK;
}

void qc_pool_stop(qc_pool *pool) {
  for (uint32_t i = 0; i < pool->worker_count; ++i) {
    atomic_store_explicit(&pool->workers[i].phase, phase_quit, memory_order_release);
    wake_waiter(&pool->workers[i]);
  }
  for (uint32_t i = 0; i < pool->worker_count; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  pool->worker_count = 0;
  free(pool->workers);
  pool->workers = NULL;
}
