/// The inside of an open model. Immutable but for its reference count.

#ifndef QUANTC_MODEL_H
#define QUANTC_MODEL_H

#include <stdatomic.h>

#include "object.h"
#include "plan.h"
#include "quantc_runtime.h"
#include "region.h"

struct qc_model {
  /// The caller's hold and one for each context.
  atomic_uint holders;
  char variant[QC_VARIANT_BYTES];
  /// Most bytes that the model, and each context by itself, may take.
  uint64_t memory_limit;
  qc_region plan_bytes;
  qc_region weights;
  qc_object object;
  qc_plan plan;
  /// One entry point per kernel of the plan.
  qc_kernel **kernels;
  /// First byte of each plan frame, in `weights`.
  uint8_t **frames;
  /// Inputs, then outputs.
  qc_tensor_type *ports;
  qc_tap *taps;
  qc_step_info *steps;
};

/// Takes one more hold on the model; `qc_model_close` gives it up.
void qc_model_retain(qc_model *model);

#endif
