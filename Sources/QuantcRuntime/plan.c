#include "plan.h"

#include <string.h>

#include "error.h"

uint32_t qc_element_bits(uint32_t element) {
  switch (element) {
  case QC_F64:
  case QC_I64:
  case QC_U64:
    return 64;
  case QC_F32:
  case QC_I32:
  case QC_U32:
    return 32;
  case QC_F16:
  case QC_BF16:
  case QC_I16:
  case QC_U16:
    return 16;
  case QC_I8:
  case QC_U8:
  case QC_BOOL:
  case QC_F8E4M3:
  case QC_F8E5M2:
    return 8;
  case QC_I4:
  case QC_U4:
    return 4;
  default:
    return 0;
  }
}

/// Reports `subject` number `index` of the plan, and what is wrong with it.
static qc_status fault(qc_error *error, const char *subject, uint32_t index, const char *problem) {
  return qc_fail(error, QC_MALFORMED_PACKAGE, "plan", "%s %u %s", subject, index, problem);
}

/// Reports what is wrong with the plan as a whole.
static qc_status plan_fault(qc_error *error, const char *problem) {
  return qc_fail(error, QC_MALFORMED_PACKAGE, "plan", "%s", problem);
}

/// Takes `count` items of `size` bytes at `*offset`.
static const void *take(const uint8_t *raw, uint64_t *offset, uint64_t count, uint64_t size) {
  const void *start = raw + *offset;
  *offset += count * size;
  return start;
}

/// Counts the tiles and the spans that chains ask for; 0 when either is more than `most`.
static int count_tables(qc_plan *plan, const qc_plan_chain *chains, uint32_t count, uint64_t most) {
  plan->tiles_count = 0;
  plan->span_count = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t tiles = (uint64_t)chains[i].strip_count * chains[i].step_count;
    const uint64_t spans = (uint64_t)chains[i].strip_count * chains[i].window_count;
    if (tiles > most - plan->tiles_count || spans > most - plan->span_count)
      return 0;
    plan->tiles_count += tiles;
    plan->span_count += spans;
  }
  return 1;
}

/// Lays the views; their sum must be the size of the plan.
static int lay_views(qc_plan *plan, const uint8_t *raw, uint64_t byte_count) {
  const qc_plan_header *h = (const qc_plan_header *)(const void *)raw;
  // No count exceeds 2^32 and no item 64 bytes, so no sum here overflows; `raw + offset` is used
  // only after the sum is known to fit.
  uint64_t head = sizeof *h + (uint64_t)h->input_count * sizeof(qc_plan_type) +
                        (uint64_t)h->output_count * sizeof(qc_plan_type) +
                        (uint64_t)h->tap_count * sizeof(qc_plan_tap) +
                        (uint64_t)h->buffer_count * sizeof(qc_plan_buffer) +
                        (uint64_t)h->number_count * sizeof(int64_t) +
                        (uint64_t)h->quant_count * sizeof(qc_quant) +
                        (uint64_t)h->kernel_count * sizeof(qc_plan_kernel) +
                        (uint64_t)h->step_count * sizeof(qc_plan_step) +
                        (uint64_t)h->frame_count * sizeof(qc_plan_frame) +
                        (uint64_t)h->window_count * sizeof(qc_plan_window) +
                        (uint64_t)h->chain_count * sizeof(qc_plan_chain);
  if (head > byte_count)
    return 0;
  const qc_plan_chain *chains = (const qc_plan_chain *)(const void *)(raw + head) - h->chain_count;
  if (!count_tables(plan, chains, h->chain_count, byte_count))
    return 0;
  head += plan->tiles_count * sizeof(qc_plan_tiles) + plan->span_count * sizeof(qc_plan_span);
  const uint64_t arguments = (head + 63) & ~UINT64_C(63);
  if (arguments + h->argument_bytes + h->text_bytes != byte_count)
    return 0;
  uint64_t offset = sizeof *h;
  plan->header = h;
  plan->inputs = take(raw, &offset, h->input_count, sizeof(qc_plan_type));
  plan->outputs = take(raw, &offset, h->output_count, sizeof(qc_plan_type));
  plan->taps = take(raw, &offset, h->tap_count, sizeof(qc_plan_tap));
  plan->buffers = take(raw, &offset, h->buffer_count, sizeof(qc_plan_buffer));
  plan->numbers = take(raw, &offset, h->number_count, sizeof(int64_t));
  plan->quants = take(raw, &offset, h->quant_count, sizeof(qc_quant));
  plan->kernels = take(raw, &offset, h->kernel_count, sizeof(qc_plan_kernel));
  plan->steps = take(raw, &offset, h->step_count, sizeof(qc_plan_step));
  plan->frames = take(raw, &offset, h->frame_count, sizeof(qc_plan_frame));
  plan->windows = take(raw, &offset, h->window_count, sizeof(qc_plan_window));
  plan->chains = take(raw, &offset, h->chain_count, sizeof(qc_plan_chain));
  plan->tiles = take(raw, &offset, plan->tiles_count, sizeof(qc_plan_tiles));
  plan->spans = take(raw, &offset, plan->span_count, sizeof(qc_plan_span));
  plan->arguments = raw + arguments;
  plan->texts = (const char *)raw + arguments + h->argument_bytes;
  return 1;
}

/// Number of scales that the type's granularity asks for; `UINT64_MAX` when it is impossible.
static uint64_t expected_quants(const qc_plan_type *type, const int64_t *extents) {
  switch (type->granularity) {
  case QC_NOT_QUANTIZED:
    return 0;
  case QC_PER_TENSOR:
    return 1;
  case QC_PER_CHANNEL:
    return type->axis < type->rank ? (uint64_t)extents[type->axis] : UINT64_MAX;
  case QC_PER_GROUP: {
    if (type->axis >= type->rank || type->group_size == 0)
      return UINT64_MAX;
    uint64_t count = 1;
    for (uint32_t axis = 0; axis < type->rank; ++axis) {
      const uint64_t extent = (uint64_t)extents[axis];
      const uint64_t size = type->group_size;
      count *= axis == type->axis ? (extent + size - 1) / size : extent;
    }
    return count;
  }
  default:
    return UINT64_MAX;
  }
}

/// Checks a type's name, extents, size and quantization. `index` is for the message.
static qc_status check_type(const qc_plan *plan, const qc_plan_type *type, uint32_t index,
                            qc_error *error) {
  const qc_plan_header *h = plan->header;
  const uint32_t bits = qc_element_bits(type->element);
  if (bits == 0 || type->rank > QC_MAX_RANK || type->name >= h->text_bytes ||
      !qc_in_range(type->first_extent, type->rank, h->number_count) ||
      !qc_in_range(type->first_quant, type->quant_count, h->quant_count)) {
    return fault(error, "type", index, "refers to nothing");
  }
  const int64_t *extents = plan->numbers + type->first_extent;
  const uint64_t limit = UINT64_C(1) << 40;
  uint64_t count = 1;
  for (uint32_t axis = 0; axis < type->rank; ++axis) {
    if (extents[axis] < 0 || (uint64_t)extents[axis] > limit) {
      return fault(error, "type", index, "has an impossible extent");
    }
    const uint64_t extent = (uint64_t)extents[axis];
    if (extent != 0 && count > limit / extent)
      return fault(error, "type", index, "is too large");
    count *= extent;
  }
  if (type->byte_count != (count * bits + 7) / 8) {
    return fault(error, "type", index, "has a size that is not its extents'");
  }
  if (type->quant_count != expected_quants(type, extents)) {
    return fault(error, "type", index, "has a wrong number of scales");
  }
  for (uint32_t i = 0; i < type->quant_count; ++i) {
    const float scale = plan->quants[type->first_quant + i].scale;
    if (!(scale >= 0x1p-100f && scale <= 0x1p100f)) {
      return fault(error, "type", index, "has a scale outside of [2^-100, 2^100]");
    }
  }
  return QC_OK;
}

static qc_status check_step(const qc_plan *plan, uint32_t index, qc_error *error) {
  const qc_plan_header *h = plan->header;
  const qc_plan_step *step = &plan->steps[index];
  if (step->kernel >= h->kernel_count)
    return fault(error, "step", index, "names no kernel");
  if (step->argument_offset % 4 != 0 ||
      step->argument_bytes != plan->kernels[step->kernel].argument_bytes ||
      !qc_in_range(step->argument_offset, step->argument_bytes, h->argument_bytes)) {
    return fault(error, "step", index, "has an impossible argument record");
  }
  if (!qc_in_range(step->first_buffer, step->buffer_count, h->buffer_count)) {
    return fault(error, "step", index, "names no buffers");
  }
  if (step->tile_count == 0 || step->thread_limit == 0) {
    return fault(error, "step", index, "has no tiles or no threads");
  }
  if (step->tap != QC_NONE && step->tap >= h->tap_count) {
    return fault(error, "step", index, "names no tap");
  }
  if (step->op_name >= h->text_bytes)
    return fault(error, "step", index, "has no name");
  return QC_OK;
}

qc_status qc_plan_parse(qc_plan *plan, const void *raw, uint64_t byte_count, qc_error *error) {
  if (byte_count < sizeof(qc_plan_header))
    return plan_fault(error, "is too short");
  qc_plan_header header;
  memcpy(&header, raw, sizeof header);
  if (header.version != QC_PLAN_VERSION) {
    return qc_fail(error, QC_UNSUPPORTED_VERSION, "plan", "has version %u; this runtime reads %u",
                   header.version, QC_PLAN_VERSION);
  }
  if (!lay_views(plan, raw, byte_count)) {
    return plan_fault(error, "has arrays that do not add up to its size");
  }
  if (header.text_bytes == 0 || plan->texts[header.text_bytes - 1] != 0) {
    return plan_fault(error, "has texts without an end");
  }
  if (header.kernel_count > QC_MAX_KERNELS) {
    return plan_fault(error, "has too many kernels");
  }
  const uint64_t arena_limit = UINT64_C(1) << 44;
  if (header.arena_bytes > arena_limit || header.scratch_bytes > arena_limit) {
    return plan_fault(error, "has an impossible arena");
  }
  qc_status status = QC_OK;
  const uint32_t port_count = header.input_count + header.output_count;
  for (uint32_t i = 0; status == QC_OK && i < port_count; ++i) {
    status = check_type(plan, &plan->inputs[i], i, error);
  }
  for (uint32_t i = 0; status == QC_OK && i < header.tap_count; ++i) {
    status = check_type(plan, &plan->taps[i].type, port_count + i, error);
  }
  for (uint32_t i = 0; i < header.kernel_count; ++i) {
    if (plan->kernels[i].name >= header.text_bytes || plan->kernels[i].argument_bytes % 4 != 0) {
      return fault(error, "kernel", i, "has no name or an odd record");
    }
  }
  for (uint32_t i = 0; i < header.frame_count; ++i) {
    if (plan->frames[i].name >= header.text_bytes)
      return fault(error, "frame", i, "has no name");
  }
  for (uint32_t i = 0; status == QC_OK && i < header.step_count; ++i) {
    status = check_step(plan, i, error);
  }
  return status == QC_OK ? qc_plan_check_chains(plan, error) : status;
}

/// Whether the buffer lies inside of what it refers to.
static int buffer_is_sound(const qc_plan *plan, const qc_plan_buffer *buffer,
                           const uint64_t *frame_bytes, uint32_t frame_count) {
  const qc_plan_header *h = plan->header;
  const int is_aligned = buffer->offset % QC_BUFFER_ALIGNMENT == 0;
  switch (buffer->kind) {
  case QC_BUFFER_INPUT:
    return buffer->index < h->input_count && buffer->offset == 0 &&
           buffer->byte_count == plan->inputs[buffer->index].byte_count;
  case QC_BUFFER_OUTPUT:
    return buffer->index < h->output_count && buffer->offset == 0 &&
           buffer->byte_count == plan->outputs[buffer->index].byte_count;
  case QC_BUFFER_ARENA:
    return buffer->index == 0 && is_aligned &&
           qc_in_range(buffer->offset, buffer->byte_count, h->arena_bytes);
  case QC_BUFFER_WEIGHTS: {
    if (buffer->index >= h->frame_count)
      return 0;
    const uint32_t frame = plan->frames[buffer->index].weight_frame;
    return frame < frame_count && is_aligned &&
           qc_in_range(buffer->offset, buffer->byte_count, frame_bytes[frame]);
  }
  case QC_BUFFER_WINDOW:
    return buffer->index < h->window_count && buffer->offset == 0 &&
           buffer->byte_count == plan->windows[buffer->index].byte_count;
  default:
    return 0;
  }
}

/// Whether every element of the tap lies in its buffer. Extents and strides are bounded, so that
/// their products fit in 128 bits.
static int tap_is_sound(const qc_plan *plan, const qc_plan_tap *tap) {
  const qc_plan_header *h = plan->header;
  const uint32_t bits = qc_element_bits(tap->type.element);
  if (tap->buffer >= h->buffer_count || bits < 8 ||
      !qc_in_range(tap->first_stride, tap->type.rank, h->number_count)) {
    return 0;
  }
  if (tap->type.byte_count == 0)
    return 1;
  const int64_t *extents = plan->numbers + tap->type.first_extent;
  const int64_t *strides = plan->numbers + tap->first_stride;
  __int128 lowest = tap->origin;
  __int128 highest = tap->origin;
  for (uint32_t axis = 0; axis < tap->type.rank; ++axis) {
    const __int128 reach = (__int128)(extents[axis] - 1) * strides[axis];
    if (reach < 0)
      lowest += reach;
    if (reach > 0)
      highest += reach;
  }
  const __int128 size = plan->buffers[tap->buffer].byte_count;
  return lowest >= 0 && highest + bits / 8 <= size;
}

qc_status qc_plan_check_buffers(const qc_plan *plan, const uint64_t *frame_bytes,
                                uint32_t frame_count, qc_error *error) {
  const qc_plan_header *h = plan->header;
  for (uint32_t i = 0; i < h->frame_count; ++i) {
    if (plan->frames[i].weight_frame >= frame_count) {
      return fault(error, "frame", i, "is not in the weights");
    }
  }
  for (uint32_t i = 0; i < h->buffer_count; ++i) {
    if (!buffer_is_sound(plan, &plan->buffers[i], frame_bytes, frame_count)) {
      return fault(error, "buffer", i, "is misaligned or leaves its memory");
    }
  }
  for (uint32_t i = 0; i < h->tap_count; ++i) {
    if (!tap_is_sound(plan, &plan->taps[i]))
      return fault(error, "tap", i, "leaves its buffer");
  }
  return QC_OK;
}
