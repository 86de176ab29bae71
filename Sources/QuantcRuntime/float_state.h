/// The floating-point state that kernels run in: round to nearest even, subnormals kept, exceptions
/// masked.

#ifndef QUANTC_FLOAT_STATE_H
#define QUANTC_FLOAT_STATE_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>

/// Sets the kernels' state and returns the state before.
static inline uint64_t qc_float_state_enter(void) {
  const uint32_t before = _mm_getcsr();
  const uint32_t masked_nearest = 0x1f80;
  _mm_setcsr(masked_nearest);
  return before;
}

static inline void qc_float_state_leave(uint64_t before) {
  _mm_setcsr((uint32_t)before);
}

#elif defined(__aarch64__)

static inline uint64_t qc_float_state_enter(void) {
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" ::"r"(UINT64_C(0)));
  return before;
}

static inline void qc_float_state_leave(uint64_t before) {
  __asm__ volatile("msr fpcr, %0" ::"r"(before));
}

#else

static inline uint64_t qc_float_state_enter(void) {
  uint64_t before;
  __asm__ volatile("csrrw %0, fcsr, zero" : "=r"(before));
  return before;
}

static inline void qc_float_state_leave(uint64_t before) {
  __asm__ volatile("csrw fcsr, %0" ::"r"(before));
}

#endif

#endif
