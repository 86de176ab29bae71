/// Running a model: the plan, interpreted step by step.

#include "context.h"
#include "error.h"
#include "float_state.h"

/// Checks counts, pointers and sizes of what the caller handed in.
static qc_status check_ports(const qc_model *model, const qc_input *inputs, uint32_t input_count,
                             const qc_output *outputs, uint32_t output_count, qc_error *error) {
  if (input_count != qc_model_input_count(model) || output_count != qc_model_output_count(model)) {
    return qc_fail(
        error, QC_INVALID_ARGUMENT, NULL, "the model has %u inputs and %u outputs, not %u and %u",
        qc_model_input_count(model), qc_model_output_count(model), input_count, output_count);
  }
  if ((inputs == NULL && input_count > 0) || (outputs == NULL && output_count > 0)) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "inputs and outputs must not be null");
  }
  for (uint32_t i = 0; i < input_count + output_count; ++i) {
    const int is_input = i < input_count;
    const qc_tensor_type *type = &model->ports[i];
    const void *bytes = is_input ? inputs[i].bytes : outputs[i - input_count].bytes;
    const size_t size = is_input ? inputs[i].byte_count : outputs[i - input_count].byte_count;
    const char *kind = is_input ? "input" : "output";
    if (size != type->byte_count) {
      return qc_fail(error, QC_WRONG_SIZE, NULL, "%s '%.80s' has %llu bytes, not %zu", kind,
                     type->name, (unsigned long long)type->byte_count, size);
    }
    if (bytes == NULL && size > 0) {
      return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "%s '%.80s' is null", kind, type->name);
    }
  }
  return QC_OK;
}

/// Checks the arguments, marks the context as busy and patches the pointer table.
static qc_status begin(qc_context *context, const qc_input *inputs, uint32_t input_count,
                       const qc_output *outputs, uint32_t output_count, qc_error *error) {
  if (context == NULL) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "the context must not be null");
  }
  const qc_status status =
      check_ports(context->model, inputs, input_count, outputs, output_count, error);
  if (status != QC_OK)
    return status;
  if (atomic_exchange_explicit(&context->is_busy, 1, memory_order_acquire) != 0) {
    return qc_fail(error, QC_BUSY, NULL, "the context is serving another call");
  }
  const qc_port_slot *slot = context->slots;
  for (uint32_t i = 0; i < context->input_slot_count; ++i, ++slot) {
    context->pointers[slot->slot] = (void *)(uintptr_t)inputs[slot->port].bytes;
  }
  for (uint32_t i = 0; i < context->output_slot_count; ++i, ++slot) {
    context->pointers[slot->slot] = outputs[slot->port].bytes;
  }
  return QC_OK;
}

static qc_status end(qc_context *context, qc_error *error) {
  atomic_store_explicit(&context->is_busy, 0, memory_order_release);
  return qc_succeed(error);
}

static inline void run_call(qc_context *context, uint32_t index) {
  const qc_call *call = &context->calls[index];
  if (call->parts > 1) {
    qc_pool_run(&context->pool, index);
  } else {
    call->kernel(call->arguments, call->buffers, context->pool.scratch, 0, call->tile_count);
  }
}

/// Shows the value that is complete after a step.
static void show_tap(qc_context *context, uint32_t step) {
  const qc_plan *plan = &context->model->plan;
  const uint32_t index = plan->steps[step].tap;
  if (index == QC_NONE)
    return;
  const qc_plan_tap *tap = &plan->taps[index];
  const uint8_t *bytes = context->pointers[tap->buffer];
  context->tap_callback(context->tap_user, index, &context->model->taps[index],
                        bytes + tap->origin);
}

/// Runs all steps in the kernels' floating-point state: chained, or one by one for a tap to see.
static void run_steps(qc_context *context) {
  const uint64_t state = qc_float_state_enter();
  if (context->is_shared)
    qc_pool_wake(&context->pool);
  if (context->tap_callback == NULL) {
    for (uint32_t i = 0; i < context->order_count; ++i)
      run_call(context, context->order[i]);
  } else {
    for (uint32_t i = 0; i < context->step_count; ++i) {
      run_call(context, i);
      show_tap(context, i);
    }
  }
  qc_float_state_leave(state);
}

qc_status qc_run(qc_context *context, const qc_input *inputs, uint32_t input_count,
                 const qc_output *outputs, uint32_t output_count, qc_error *error) {
  const qc_status status = begin(context, inputs, input_count, outputs, output_count, error);
  if (status != QC_OK)
    return status;
  run_steps(context);
  return end(context, error);
}

qc_status qc_context_set_tap(qc_context *context, qc_tap_callback callback, void *user) {
  if (context == NULL)
    return QC_INVALID_ARGUMENT;
  if (atomic_exchange_explicit(&context->is_busy, 1, memory_order_acquire) != 0)
    return QC_BUSY;
  const qc_status status = callback == NULL ? QC_OK : qc_context_observe(context, NULL);
  if (status == QC_OK) {
    context->tap_callback = callback;
    context->tap_user = user;
  }
  end(context, NULL);
  return status;
}

qc_status qc_context_benchmark(qc_context *context, const qc_input *inputs, uint32_t input_count,
                               const qc_output *outputs, uint32_t output_count, uint32_t runs,
                               uint64_t *nanoseconds, qc_error *error) {
  if (nanoseconds == NULL) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "the durations must not be null");
  }
  for (uint32_t i = 0; i < runs; ++i) {
    const uint64_t start = qc_now();
    const qc_status status = qc_run(context, inputs, input_count, outputs, output_count, error);
    if (status != QC_OK)
      return status;
    nanoseconds[i] = qc_now() - start;
  }
  return QC_OK;
}

qc_status qc_context_profile(qc_context *context, const qc_input *inputs, uint32_t input_count,
                             const qc_output *outputs, uint32_t output_count, uint32_t runs,
                             uint64_t *nanoseconds, qc_error *error) {
  if (nanoseconds == NULL || runs == 0) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "a profile needs durations and a run");
  }
  const qc_status status = begin(context, inputs, input_count, outputs, output_count, error);
  if (status != QC_OK)
    return status;
  const qc_status observed = qc_context_observe(context, error);
  if (observed != QC_OK) {
    end(context, NULL);
    return observed;
  }
  const uint64_t state = qc_float_state_enter();
  for (uint32_t i = 0; i < context->step_count; ++i)
    nanoseconds[i] = UINT64_MAX;
  for (uint32_t run = 0; run < runs; ++run) {
    uint64_t last = qc_now();
    for (uint32_t i = 0; i < context->step_count; ++i) {
      run_call(context, i);
      const uint64_t now = qc_now();
      if (now - last < nanoseconds[i])
        nanoseconds[i] = now - last;
      last = now;
    }
  }
  qc_float_state_leave(state);
  return end(context, error);
}
