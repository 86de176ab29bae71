/// Contexts: an arena, scratch and threads for running a model.

#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "error.h"

static uint64_t round_up(uint64_t value) {
  const uint64_t mask = QC_BUFFER_ALIGNMENT - 1;
  return (value + mask) & ~mask;
}

/// Fills the pointer table and notes the slots of inputs and outputs.
static void resolve_buffers(qc_context *context) {
  const qc_model *model = context->model;
  const qc_plan *plan = &model->plan;
  const uint32_t count = plan->header->buffer_count;
  for (uint32_t i = 0; i < count; ++i) {
    const qc_plan_buffer *buffer = &plan->buffers[i];
    if (buffer->kind == QC_BUFFER_INPUT) {
      context->slots[context->input_slot_count++] = (qc_port_slot){i, buffer->index};
    } else if (buffer->kind == QC_BUFFER_ARENA) {
      context->pointers[i] = context->memory.bytes + buffer->offset;
    } else if (buffer->kind == QC_BUFFER_WEIGHTS) {
      context->pointers[i] = model->frames[buffer->index] + buffer->offset;
    }
  }
  uint32_t next = context->input_slot_count;
  for (uint32_t i = 0; i < count; ++i) {
    if (plan->buffers[i].kind != QC_BUFFER_OUTPUT)
      continue;
    context->slots[next++] = (qc_port_slot){i, plan->buffers[i].index};
  }
  context->output_slot_count = next - context->input_slot_count;
}

/// Resolves every step to addresses and its number of threads.
static void resolve_steps(qc_context *context, uint32_t threads) {
  const qc_model *model = context->model;
  const qc_plan *plan = &model->plan;
  for (uint32_t i = 0; i < context->step_count; ++i) {
    const qc_plan_step *step = &plan->steps[i];
    uint32_t parts = threads;
    if (parts > step->thread_limit)
      parts = step->thread_limit;
    if (parts > step->tile_count)
      parts = step->tile_count;
    if (parts > 1)
      context->is_shared = 1;
    context->calls[i] = (qc_call){
        .kernel = model->kernels[step->kernel],
        .arguments = plan->arguments + step->argument_offset,
        .buffers = context->pointers + step->first_buffer,
        .tile_count = step->tile_count,
        .parts = parts,
    };
  }
}

/// Resolves the chains, and puts them in the order in place of their steps.
static void resolve_chains(qc_context *context, uint32_t threads) {
  const qc_plan *plan = &context->model->plan;
  uint32_t step = 0;
  for (uint32_t i = 0; i < plan->header->chain_count; ++i) {
    const qc_plan_chain *record = &plan->chains[i];
    uint32_t parts = threads;
    if (parts > record->thread_limit)
      parts = record->thread_limit;
    if (parts > record->strip_count)
      parts = record->strip_count;
    if (parts > 1)
      context->is_shared = 1;
    context->chains[i] =
        (qc_chain){.plan = plan, .record = record, .calls = context->calls + record->first_step};
    context->calls[context->step_count + i] = (qc_call){
        .kernel = qc_chain_run,
        .arguments = &context->chains[i],
        .buffers = NULL,
        .tile_count = record->strip_count,
        .parts = parts,
    };
    for (; step < record->first_step; ++step)
      context->order[context->order_count++] = step;
    context->order[context->order_count++] = context->step_count + i;
    step = record->first_step + record->step_count;
  }
  for (; step < context->step_count; ++step)
    context->order[context->order_count++] = step;
}

qc_status qc_context_observe(qc_context *context, qc_error *error) {
  const qc_plan *plan = &context->model->plan;
  const uint64_t byte_count = plan->observed_bytes;
  if (plan->header->window_count == 0 || context->observed.bytes != NULL)
    return QC_OK;
  if (byte_count > context->model->memory_limit) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL,
                   "observing the steps needs %llu bytes, beyond the limit",
                   (unsigned long long)byte_count);
  }
  const qc_status status =
      qc_region_map(&context->observed, round_up(byte_count) + QC_BUFFER_SLACK, 1, error);
  if (status != QC_OK)
    return status;
  for (uint32_t i = 0; i < plan->header->buffer_count; ++i) {
    if (plan->buffers[i].kind != QC_BUFFER_WINDOW)
      continue;
    const qc_plan_window *window = &plan->windows[plan->buffers[i].index];
    context->pointers[i] = context->observed.bytes + window->observed_offset;
  }
  return QC_OK;
}

/// Allocates all that the context needs.
static qc_status allocate(qc_context *context, uint32_t threads, qc_error *error) {
  const qc_plan_header *header = context->model->plan.header;
  context->step_count = header->step_count;
  const size_t call_count = (size_t)header->step_count + header->chain_count;
  context->calls = calloc(call_count + 1, sizeof *context->calls);
  context->chains = calloc(header->chain_count + (size_t)1, sizeof *context->chains);
  context->order = calloc(call_count + 1, sizeof *context->order);
  context->pointers = calloc(header->buffer_count + (size_t)1, sizeof *context->pointers);
  context->slots = calloc(header->buffer_count + (size_t)1, sizeof *context->slots);
  if (context->calls == NULL || context->chains == NULL || context->order == NULL ||
      context->pointers == NULL || context->slots == NULL) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for a context");
  }
  // Slack behind the arena and behind each scratch: kernels may read it.
  const uint64_t arena_bytes = round_up(header->arena_bytes) + QC_BUFFER_SLACK;
  const uint64_t stride = round_up(header->scratch_bytes) + QC_BUFFER_SLACK;
  const uint64_t total = arena_bytes + threads * stride;
  if (total > context->model->memory_limit) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL,
                   "a context of %u threads needs %llu bytes, beyond the limit", threads,
                   (unsigned long long)total);
  }
  const qc_status status = qc_region_map(&context->memory, total, 1, error);
  if (status != QC_OK)
    return status;
  context->pool.scratch = context->memory.bytes + arena_bytes;
  context->pool.scratch_stride = stride;
  context->pool.calls = context->calls;
  return QC_OK;
}

qc_status qc_context_create(qc_model *model, uint32_t threads, qc_context **context,
                            qc_error *error) {
  if (model == NULL || context == NULL || threads == 0 || threads > QC_MAX_THREADS) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "a context has 1 to %u threads",
                   QC_MAX_THREADS);
  }
  *context = NULL;
  qc_context *made = aligned_alloc(_Alignof(qc_context), sizeof *made);
  if (made == NULL)
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for a context");
  memset(made, 0, sizeof *made);
  atomic_init(&made->is_busy, 0);
  made->model = model;
  qc_model_retain(model);
  qc_status status = allocate(made, threads, error);
  if (status == QC_OK) {
    resolve_buffers(made);
    resolve_steps(made, threads);
    resolve_chains(made, threads);
    status = qc_pool_start(&made->pool, threads, error);
  }
  if (status != QC_OK) {
    qc_context_destroy(made);
    return status;
  }
  *context = made;
  return qc_succeed(error);
}

void qc_context_destroy(qc_context *context) {
  if (context == NULL)
    return;
  qc_pool_stop(&context->pool);
  qc_region_unmap(&context->memory);
  qc_region_unmap(&context->observed);
  free(context->calls);
  free(context->chains);
  free(context->order);
  free((void *)context->pointers);
  free(context->slots);
  qc_model_close(context->model);
  free(context);
}
