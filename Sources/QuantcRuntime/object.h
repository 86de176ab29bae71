/// Kernel objects: freestanding ELF shared objects, mapped by the runtime itself.

#ifndef QUANTC_OBJECT_H
#define QUANTC_OBJECT_H

#include "region.h"

/// A kernel: computes tiles `begin ..< end` of its step. `scratch` belongs to the calling thread.
typedef void qc_kernel(const void *arguments, void *const *buffers, void *scratch, uint32_t begin,
                       uint32_t end);

/// The name table of an object; points into the object's bytes.
typedef struct qc_symbols {
  const uint8_t *table;
  uint32_t count;
  const char *texts;
  uint64_t text_bytes;
  /// Where the next search starts: symbols are usually asked for in table order.
  uint32_t next;
} qc_symbols;

/// A mapped object: readable and executable memory, nothing writable.
typedef struct qc_object {
  qc_region region;
  /// Offsets of executable code in the region.
  uint64_t code_begin;
  uint64_t code_end;
  /// Valid while the bytes given to `qc_object_map` are.
  qc_symbols symbols;
} qc_object;

/// Maps the object of `byte_count` bytes at `bytes`. Returns null, or what is wrong with it:
/// bounds, another architecture, relocations, imports or writable data. `error` tells of failures
/// of the system, whose status comes in `*status`.
const char *qc_object_map(qc_object *object, const uint8_t *bytes, uint64_t byte_count,
                          qc_status *status, qc_error *error);

/// The function of that name, or null.
qc_kernel *qc_object_find(qc_object *object, const char *name);

void qc_object_unmap(qc_object *object);

#endif
