/// The execution plan: typed views of its arrays, and the checks that make every index safe.

#ifndef QUANTC_PLAN_H
#define QUANTC_PLAN_H

#include "quantc_package.h"

/// Views of a plan's arrays in its raw bytes, which must outlive it.
typedef struct qc_plan {
  const qc_plan_header *header;
  const qc_plan_type *inputs;
  const qc_plan_type *outputs;
  const qc_plan_tap *taps;
  const qc_plan_buffer *buffers;
  const int64_t *numbers;
  const qc_quant *quants;
  const qc_plan_kernel *kernels;
  const qc_plan_step *steps;
  const qc_plan_frame *frames;
  const qc_plan_window *windows;
  const qc_plan_chain *chains;
  const qc_plan_tiles *tiles;
  const qc_plan_span *spans;
  /// What the chains ask for.
  uint64_t tiles_count;
  uint64_t span_count;
  /// Bytes that hold every window's buffer whole when a run is observed.
  uint64_t observed_bytes;
  const uint8_t *arguments;
  const char *texts;
} qc_plan;

/// Lays the views over `byte_count` raw bytes, aligned to 64. Checks that the arrays fill the bytes
/// exactly, and every index into texts, numbers, quants, kernels and argument records.
qc_status qc_plan_parse(qc_plan *plan, const void *raw, uint64_t byte_count, qc_error *error);

/// Checks the chains of a plan whose steps are sound, with their windows, tiles and spans, and sets
/// `observed_bytes`.
qc_status qc_plan_check_chains(qc_plan *plan, qc_error *error);

/// Checks that every buffer lies in its port, arena or frame, and every tap in its buffer.
/// `frame_bytes` holds the sizes of the weights section's frames.
qc_status qc_plan_check_buffers(const qc_plan *plan, const uint64_t *frame_bytes,
                                uint32_t frame_count, qc_error *error);

/// Whether `count` items from `first` lie among `total`.
static inline int qc_in_range(uint64_t first, uint64_t count, uint64_t total) {
  return first <= total && count <= total - first;
}

/// Size of an element in bits; 0 for an unknown type.
uint32_t qc_element_bits(uint32_t element);

#endif
