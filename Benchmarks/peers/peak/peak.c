// What this machine can do at most, measured: multiply-accumulates of bytes a second, and bytes read a second.
//
//   peak THREADS       prints one JSON object
//
// Products: 12 independent sums in registers, no memory. `vpdpbusd` where the processor has AVX-512 VNNI or AVX-VNNI; and,
// always, AVX2's vpmaddubsw + vpmaddwd + vpaddd. Reading: each thread sums its share of a buffer, of 16 MiB (a cache of
// the last level, where it is that large) and of 256 MiB (memory). Each figure is the best of many short bursts.

#define _GNU_SOURCE
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { largestThreadCount = 64, burstCount = 40, sumCount = 12 };
enum { productRounds = 100000, largeBytes = 256 << 20, cachedBytes = 16 << 20 };

typedef double (*Work)(int thread, int threadCount);

static uint8_t *buffer;
static int64_t bufferBytes;
static volatile uint64_t sink;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/// A loop of `sumCount` independent multiply-accumulates on registers of type `T`.
#define PRODUCTS(name, isa, T, zero, step)                                     \
  __attribute__((target(isa))) static double name(int thread, int count) {     \
    (void)thread;                                                              \
    (void)count;                                                               \
    T a = zero, b = zero, ones = zero, sums[sumCount];                         \
    for (int i = 0; i < sumCount; i++) sums[i] = zero;                         \
    for (int round = 0; round < productRounds; round++) {                      \
      __asm__ volatile("" : "+v"(b), "+v"(ones));                              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < sumCount; i++) {  \
        step;                                                                  \
        __asm__ volatile("" : "+v"(sums[i]), "+v"(a));                         \
      }                                                                        \
    }                                                                          \
    (void)ones;                                                                \
    return (double)productRounds * sumCount * sizeof(T);                       \
  }

PRODUCTS(products512, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(),
         sums[i] = _mm512_dpbusd_epi32(sums[i], a, b))
PRODUCTS(productsVNNI, "avx2,avxvnni", __m256i, _mm256_setzero_si256(),
         sums[i] = _mm256_dpbusd_avx_epi32(sums[i], a, b))
PRODUCTS(products256, "avx2", __m256i, _mm256_setzero_si256(),
         sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones)))

__attribute__((target("avx2"))) static double readShare(int thread, int count) {
  int64_t share = bufferBytes / count / 512 * 512;
  const __m256i *p = (const __m256i *)(buffer + thread * share);
  __m256i sums[8];
  for (int i = 0; i < 8; i++) sums[i] = _mm256_setzero_si256();
  for (int64_t k = 0; k < share / 32; k += 8) {
    for (int i = 0; i < 8; i++) {
      sums[i] = _mm256_add_epi64(sums[i], _mm256_load_si256(p + k + i));
    }
  }
  for (int i = 1; i < 8; i++) sums[0] = _mm256_add_epi64(sums[0], sums[i]);
  sink += (uint64_t)_mm256_extract_epi64(sums[0], 0);
  return (double)share;
}

struct Task {
  Work work;
  int thread, count;
  double done, start, end;
  pthread_barrier_t *barrier;
};

static void *runTask(void *argument) {
  struct Task *task = argument;
  pthread_barrier_wait(task->barrier);
  task->start = now();
  task->done = task->work(task->thread, task->count);
  task->end = now();
  return NULL;
}

/// The best rate of `work` with `count` threads, in units of `work` a second.
static double rate(Work work, int count) {
  double best = 0;
  for (int burst = 0; burst < burstCount; burst++) {
    pthread_barrier_t barrier;
    pthread_t threads[largestThreadCount];
    struct Task tasks[largestThreadCount];
    pthread_barrier_init(&barrier, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
      tasks[i] = (struct Task){.work = work, .thread = i, .count = count, .barrier = &barrier};
      if (pthread_create(&threads[i], NULL, runTask, &tasks[i]) != 0) {
        perror("pthread_create");
        exit(1);
      }
    }
    double done = 0, start = 0, end = 0;
    for (int i = 0; i < count; i++) {
      pthread_join(threads[i], NULL);
      done += tasks[i].done;
      if (i == 0 || tasks[i].start < start) start = tasks[i].start;
      if (tasks[i].end > end) end = tasks[i].end;
    }
    pthread_barrier_destroy(&barrier);
    if (done / (end - start) > best) best = done / (end - start);
  }
  return best;
}

static double readRate(int64_t bytes, int count) {
  bufferBytes = bytes;
  return rate(readShare, count);
}

int main(int argumentCount, char **arguments) {
  int count = argumentCount == 2 ? atoi(arguments[1]) : 0;
  if (count < 1 || count > largestThreadCount) {
    fprintf(stderr, "usage: peak THREADS (1 to %d)\n", largestThreadCount);
    return 2;
  }
  if (!__builtin_cpu_supports("avx2")) {
    fprintf(stderr, "peak: this processor has no AVX2\n");
    return 1;
  }
  buffer = aligned_alloc(2 << 20, largeBytes);
  if (buffer == NULL) {
    perror("peak");
    return 1;
  }
  madvise(buffer, largeBytes, MADV_HUGEPAGE);
  memset(buffer, 1, largeBytes);
  printf("{\"threads\": %d, ", count);
  if (__builtin_cpu_supports("avx512vnni")) {
    printf("\"vnni_gmacs\": %.1f, ", rate(products512, count) / 1e9);
  } else if (__builtin_cpu_supports("avxvnni")) {
    printf("\"vnni_gmacs\": %.1f, ", rate(productsVNNI, count) / 1e9);
  }
  printf("\"avx2_gmacs\": %.1f, ", rate(products256, count) / 1e9);
  printf("\"cached_gbs\": %.1f, ", readRate(cachedBytes, count) / 1e9);
  printf("\"memory_gbs\": %.1f}\n", readRate(largeBytes, count) / 1e9);
  free(buffer);
  return 0;
}
