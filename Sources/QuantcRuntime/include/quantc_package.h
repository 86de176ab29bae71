/// Reading `.qpk` packages section by section, errors, and SHA-256.

#ifndef QUANTC_PACKAGE_H
#define QUANTC_PACKAGE_H

#include <stddef.h>
#include <stdint.h>

#include "quantc_format.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QC_API __attribute__((visibility("default")))

/// How a call ended.
typedef enum qc_status {
  QC_OK = 0,
  /// A null pointer, an index out of range, or a wrong count of inputs or outputs.
  QC_INVALID_ARGUMENT = 1,
  /// The file could not be opened or read.
  QC_UNREADABLE_FILE = 2,
  /// The file is not a package, or its structure contradicts itself.
  QC_MALFORMED_PACKAGE = 3,
  /// The bytes of a section are not those that were written.
  QC_DAMAGED_SECTION = 4,
  /// The package has no plan or no kernels for the architecture of this machine.
  QC_FOREIGN_ARCHITECTURE = 5,
  /// A format version or a required feature that this runtime does not know.
  QC_UNSUPPORTED_VERSION = 6,
  /// The package has no variant that this processor can run, or not the one asked for.
  QC_UNSUPPORTED_CPU = 7,
  /// Memory is exhausted, or the package wants more than the limit given in the options.
  QC_OUT_OF_MEMORY = 8,
  /// An input or output has another size than its port.
  QC_WRONG_SIZE = 9,
  /// The context is serving another call.
  QC_BUSY = 10,
  /// The operating system refused threads or memory protection.
  QC_SYSTEM_ERROR = 11,
} qc_status;

/// What went wrong, in a buffer of the caller. Every function accepts a null pointer instead.
typedef struct qc_error {
  qc_status status;
  /// The section at fault, or empty.
  char section[QC_NAME_BYTES + QC_VARIANT_BYTES];
  /// One sentence without the section's name.
  char message[208];
} qc_error;

/// One section of an open package.
typedef struct qc_section {
  qc_section_kind kind;
  qc_codec codec;
  qc_architecture architecture;
  uint32_t rank;
  uint32_t alignment;
  uint64_t offset;
  uint64_t stored_bytes;
  uint64_t raw_bytes;
  uint8_t sha256[QC_SHA256_BYTES];
  char name[QC_NAME_BYTES];
  char variant[QC_VARIANT_BYTES];
} qc_section;

/// An open package: a checked header and section table. Immutable; sections are read on demand.
typedef struct qc_package qc_package;

/// Opens the package at `path` and checks its header and table. The file is read, never mapped, so
/// that a file that shrinks meanwhile gives an error and not a signal.
QC_API qc_status qc_package_open(const char *path, qc_package **package, qc_error *error);

/// Opens a package of `byte_count` bytes at `bytes`, which must stay as they are until it is
/// closed.
QC_API qc_status qc_package_open_memory(const void *bytes, size_t byte_count, qc_package **package,
                                        qc_error *error);

/// Closes a package; null is allowed.
QC_API void qc_package_close(qc_package *package);

/// Number of sections, in file order.
QC_API uint32_t qc_package_section_count(const qc_package *package);

/// The section at `index`, owned by the package; null when out of range.
QC_API const qc_section *qc_package_section(const qc_package *package, uint32_t index);

/// Reads a section, checks its hash and writes its raw bytes to `raw`, which has exactly the
/// section's `raw_bytes`.
QC_API qc_status qc_package_read(const qc_package *package, uint32_t index, void *raw,
                                 size_t raw_bytes, qc_error *error);

/// Reads the stored bytes of a section and checks their hash.
QC_API qc_status qc_package_verify(const qc_package *package, uint32_t index, qc_error *error);

/// A SHA-256 in progress.
typedef struct qc_sha256_state {
  uint64_t opaque[16];
} qc_sha256_state;

QC_API void qc_sha256_start(qc_sha256_state *state);
QC_API void qc_sha256_add(qc_sha256_state *state, const void *bytes, size_t byte_count);
QC_API void qc_sha256_finish(qc_sha256_state *state, uint8_t digest[QC_SHA256_BYTES]);

/// SHA-256 of `byte_count` bytes.
QC_API void qc_sha256(const void *bytes, size_t byte_count, uint8_t digest[QC_SHA256_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
