/// Which kernel variants this processor and operating system can run.

#include <string.h>

#include "quantc_runtime.h"

#if defined(__x86_64__)
#include <cpuid.h>

/// Extended control register 0: the register files that the operating system saves.
static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static int has(uint64_t word, uint64_t bits) {
  return (word & bits) == bits;
}

/// The levels that variants are made of.
typedef struct cpu_levels {
  /// AVX2 and FMA, with what every processor of x86-64-v3 has beside them.
  int v3;
  /// x86-64-v4 (AVX-512 F, BW, CD, DQ, VL) and VNNI, for 256-bit vectors.
  int vnni256;
  /// The same and VBMI, for 512-bit vectors.
  int avx512vnni;
  int avxvnni;
} cpu_levels;

/// Source: Intel SDM volume 2, CPUID; volume 1, 13.2 (XCR0).
static cpu_levels read_levels(void) {
  cpu_levels levels = {0, 0, 0, 0};
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return levels;
  const uint32_t fma = 1u << 12, movbe = 1u << 22, osxsave = 1u << 27, avx = 1u << 28,
                 f16c = 1u << 29;
  if (!has(c, fma | movbe | osxsave | avx | f16c))
    return levels;
  const uint64_t saved = saved_registers();
  if (!has(saved, 0x06))
    return levels;
  if (!__get_cpuid(0x80000001u, &a, &b, &c, &d) || !has(c, 1u << 5))
    return levels; // LZCNT
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
    return levels;
  const uint32_t bmi1 = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8;
  levels.v3 = has(b, bmi1 | avx2 | bmi2);
  const uint32_t v4 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31; // F, DQ, CD, BW, VL
  const uint32_t vbmi = 1u << 1, vnni = 1u << 11;
  levels.vnni256 = levels.v3 && has(saved, 0xe6) && has(b, v4) && has(c, vnni);
  levels.avx512vnni = levels.vnni256 && has(c, vbmi);
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d))
    levels.avxvnni = levels.v3 && has(a, 1u << 4);
  return levels;
}

static int extension_supported(const char *variant) {
  const cpu_levels levels = read_levels();
  if (strcmp(variant, "avx2") == 0)
    return levels.v3;
  if (strcmp(variant, "vnni256") == 0)
    return levels.vnni256;
  if (strcmp(variant, "avx512vnni") == 0)
    return levels.avx512vnni;
  if (strcmp(variant, "avxvnni") == 0)
    return levels.avxvnni;
  return 0;
}
#else
static int extension_supported(const char *variant) {
  (void)variant;
  return 0;
}
#endif

int qc_host_supports(const char *variant) {
  if (variant == NULL)
    return 0;
  return strcmp(variant, "portable") == 0 || extension_supported(variant);
}

qc_architecture qc_host_architecture(void) {
#if defined(__x86_64__)
  return QC_ARCHITECTURE_X86_64;
#elif defined(__aarch64__)
  return QC_ARCHITECTURE_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
  return QC_ARCHITECTURE_RISCV64;
#else
#error "the runtime is for x86-64, AArch64 and 64-bit RISC-V"
#endif
}
