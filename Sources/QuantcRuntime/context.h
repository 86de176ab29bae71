/// The inside of a context.

#ifndef QUANTC_CONTEXT_H
#define QUANTC_CONTEXT_H

#include "chain.h"
#include "model.h"
#include "pool.h"

/// A pointer of the table that the caller of a run provides.
typedef struct qc_port_slot {
  uint32_t slot;
  uint32_t port;
} qc_port_slot;

struct qc_context {
  qc_pool pool;
  qc_model *model;
  /// Set while a call is being served.
  atomic_int is_busy;
  uint32_t step_count;
  /// Those of the steps, then those of the chains.
  qc_call *calls;
  qc_chain *chains;
  /// The calls of a run that nobody observes: a chain in place of its steps.
  uint32_t *order;
  uint32_t order_count;
  /// Buffer pointers of all steps; those of step i start at its `first_buffer`.
  void **pointers;
  /// Which of them are inputs, then which are outputs.
  qc_port_slot *slots;
  uint32_t input_slot_count;
  uint32_t output_slot_count;
  /// Whether any step wakes other threads.
  int is_shared;
  qc_region memory;
  /// The buffers of windows, whole; mapped when a run is observed first.
  qc_region observed;
  qc_tap_callback tap_callback;
  void *tap_user;
};

/// Makes every step's buffers whole, so that the steps can run one by one and be looked at.
qc_status qc_context_observe(qc_context *context, qc_error *error);

#endif
