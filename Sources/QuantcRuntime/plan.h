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
  const uint8_t *arguments;
  const char *texts;
} qc_plan;

/// Lays the views over `byte_count` raw bytes, aligned to 64. Checks that the arrays fill the bytes
/// exactly, and every index into texts, numbers, quants, kernels and argument records.
qc_status qc_plan_parse(qc_plan *plan, const void *raw, uint64_t byte_count, qc_error *error);

/// Checks that every buffer lies in its port, arena or frame, and every tap in its buffer.
/// `frame_bytes` holds the sizes of the weights section's frames.
qc_status qc_plan_check_buffers(const qc_plan *plan, const uint64_t *frame_bytes,
                                uint32_t frame_count, qc_error *error);

/// Size of an element in bits; 0 for an unknown type.
uint32_t qc_element_bits(uint32_t element);

#endif
