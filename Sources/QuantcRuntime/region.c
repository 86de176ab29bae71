#define _GNU_SOURCE
#include "region.h"

#include <string.h>
#include <sys/mman.h>

#include "error.h"

/// Huge pages of x86-64 and, with 4 KiB granules, AArch64.
static const uint64_t huge_page_bytes = UINT64_C(2) << 20;

qc_status qc_region_map(qc_region *region, uint64_t byte_count, int populate, qc_error *error) {
  *region = (qc_region){0};
  if (byte_count == 0)
    return QC_OK;
  const int is_large = byte_count >= huge_page_bytes;
  const uint64_t extra = is_large ? huge_page_bytes : 0;
  if (byte_count > SIZE_MAX / 2) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "the model does not fit in the address space");
  }
  const size_t mapping_bytes = (size_t)(byte_count + extra);
  void *mapping =
      mmap(NULL, mapping_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for %llu bytes",
                   (unsigned long long)byte_count);
  }
  uintptr_t start = (uintptr_t)mapping;
  if (is_large) {
    start = (start + huge_page_bytes - 1) & ~(uintptr_t)(huge_page_bytes - 1);
    madvise((void *)start, (size_t)byte_count, MADV_HUGEPAGE);
  }
  region->bytes = (uint8_t *)start;
  region->byte_count = byte_count;
  region->mapping = mapping;
  region->mapping_bytes = mapping_bytes;
  if (populate)
    memset(region->bytes, 0, (size_t)byte_count);
  return QC_OK;
}

void qc_region_unmap(qc_region *region) {
  if (region->mapping != NULL)
    munmap(region->mapping, region->mapping_bytes);
  *region = (qc_region){0};
}
