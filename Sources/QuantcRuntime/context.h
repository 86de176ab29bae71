/// The inside of a context.

#ifndef QUANTC_CONTEXT_H
#define QUANTC_CONTEXT_H

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
  qc_call *calls;
  /// Buffer pointers of all steps; those of step i start at its `first_buffer`.
  void **pointers;
  /// Which of them are inputs, then which are outputs.
  qc_port_slot *slots;
  uint32_t input_slot_count;
  uint32_t output_slot_count;
  /// Whether any step wakes other threads.
  int is_shared;
  qc_region memory;
  qc_tap_callback tap_callback;
  void *tap_user;
};

#endif
