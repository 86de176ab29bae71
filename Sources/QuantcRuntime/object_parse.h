/// Reading a kernel object's ELF structures, every offset checked.

#ifndef QUANTC_OBJECT_PARSE_H
#define QUANTC_OBJECT_PARSE_H

#include "object.h"

/// One range of the file that goes to memory.
typedef struct qc_load {
  uint64_t file_offset;
  uint64_t file_bytes;
  /// Byte offset in the mapped image.
  uint64_t address;
  uint64_t memory_bytes;
  int is_executable;
} qc_load;

#define QC_MAX_LOADS 16u

/// What mapping needs to know of an object.
typedef struct qc_image {
  qc_load loads[QC_MAX_LOADS];
  uint32_t load_count;
  /// Size of the image in memory, from address 0, not yet rounded to pages.
  uint64_t image_bytes;
  qc_symbols symbols;
} qc_image;

/// Parses and checks the object. Returns null, or what is wrong with it. `page_bytes` is the
/// system's page size: ranges of different protection must not share a page.
const char *qc_object_parse(qc_image *image, const uint8_t *bytes, uint64_t byte_count,
                            uint64_t page_bytes);

#endif
