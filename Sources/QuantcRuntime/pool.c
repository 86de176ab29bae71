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

/// High halves of the word that are no index of a call.
enum { command_none = 0xffffffff, command_quit = 0xfffffffe };

/// Bound of the wait by spinning: longer than the gap between two steps, shorter than anything a
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

static void futex_wait(const void *address, uint32_t expected) {
  syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake(const void *address, int count) {
  syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

/// Whether a wait by spinning may go on. The clock is first read when the wait is already long, so
/// that a short one does not pay for it: `*end` is 0 until then.
static int may_spin(const qc_pool *pool, uint64_t *end) {
  const uint64_t now = qc_now();
  if (*end == 0)
    *end = now + pool->spin_nanoseconds;
  return now < *end;
}

/// Spins until the word differs from `seen`, at most for the pool's bound. Returns the last value.
static uint64_t spin_on_word(qc_pool *pool, uint64_t seen) {
  uint64_t end = 0;
  uint64_t word;
  do {
    for (int i = 0; i < 64; ++i) {
      word = atomic_load_explicit(&pool->word, memory_order_acquire);
      if (word != seen || pool->spin_nanoseconds == 0)
        return word;
      pause_briefly();
    }
  } while (may_spin(pool, &end));
  return word;
}

/// Waits until the word is no longer `seen`.
static uint64_t wait_for_word(qc_pool *pool, uint64_t seen) {
  uint64_t word = spin_on_word(pool, seen);
  while (word == seen) {
    // Announced before the kernel compares the word, so that either the waker sees the sleeper or
    // the sleeper sees the new word.
    atomic_fetch_add(&pool->sleeping_workers, 1);
    futex_wait(&pool->word, (uint32_t)seen);
    atomic_fetch_sub(&pool->sleeping_workers, 1);
    word = atomic_load_explicit(&pool->word, memory_order_acquire);
  }
  return word;
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
  const qc_worker *worker = argument;
  qc_pool *pool = worker->pool;
  qc_float_state_enter();
  uint64_t word = (uint64_t)command_none << 32;
  for (;;) {
    word = wait_for_word(pool, word);
    const uint32_t index = (uint32_t)(word >> 32);
    if (index == command_quit)
      return NULL;
    if (index == command_none)
      continue;
    const qc_call *call = &pool->calls[index];
    if (worker->index >= call->parts)
      continue;
    run_slice(pool, call, worker->index);
    if (atomic_fetch_sub(&pool->remaining, 1) == 1 && atomic_load(&pool->caller_sleeps) != 0) {
      futex_wake(&pool->remaining, 1);
    }
  }
}

/// Publishes a new word and wakes those who sleep.
static void publish(qc_pool *pool, uint32_t index) {
  pool->sequence += 1;
  atomic_store(&pool->word, (uint64_t)index << 32 | pool->sequence);
  if (atomic_load(&pool->sleeping_workers) != 0)
    futex_wake(&pool->word, INT32_MAX);
}

void qc_pool_wake(qc_pool *pool) {
  if (atomic_load_explicit(&pool->sleeping_workers, memory_order_relaxed) != 0) {
    publish(pool, command_none);
  }
}

/// Waits until all workers of the call have finished.
static void join(qc_pool *pool) {
  uint64_t end = 0;
  do {
    for (int i = 0; i < 64; ++i) {
      if (atomic_load_explicit(&pool->remaining, memory_order_acquire) == 0)
        return;
      pause_briefly();
    }
  } while (pool->spin_nanoseconds > 0 && may_spin(pool, &end));
  uint32_t left = atomic_load(&pool->remaining);
  if (left == 0)
    return;
  atomic_store(&pool->caller_sleeps, 1);
  while ((left = atomic_load(&pool->remaining)) != 0)
    futex_wait(&pool->remaining, left);
  atomic_store(&pool->caller_sleeps, 0);
}

void qc_pool_run(qc_pool *pool, uint32_t index) {
  const qc_call *call = &pool->calls[index];
  atomic_store_explicit(&pool->remaining, call->parts - 1, memory_order_relaxed);
  publish(pool, index);
  run_slice(pool, call, 0);
  join(pool);
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
  atomic_init(&pool->word, (uint64_t)command_none << 32);
  atomic_init(&pool->remaining, 0);
  atomic_init(&pool->caller_sleeps, 0);
  atomic_init(&pool->sleeping_workers, 0);
  pool->thread_count = thread_count;
  pool->spin_nanoseconds = processors_suffice(thread_count) ? spin_bound_nanoseconds : 0;
  pool->workers = calloc(thread_count, sizeof *pool->workers);
  if (pool->workers == NULL) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for %u threads", thread_count);
  }
  for (uint32_t i = 0; i + 1 < thread_count; ++i) {
    pool->workers[i].pool = pool;
    pool->workers[i].index = i + 1;
    if (!start_worker(&pool->workers[i])) {
      qc_pool_stop(pool);
      return qc_fail(error, QC_SYSTEM_ERROR, NULL, "the system started only %u of %u threads",
                     i + 1, thread_count);
    }
    pool->started = i + 1;
  }
  return QC_OK;
}

void qc_pool_stop(qc_pool *pool) {
  if (pool->started > 0)
    publish(pool, (uint32_t)command_quit);
  for (uint32_t i = 0; i < pool->started; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  pool->started = 0;
  free(pool->workers);
  pool->workers = NULL;
}
