/// The checks of a plan's chains: no table of theirs leads out of a step, a buffer or a window.

#include "chain.h"
#include "error.h"
#include "plan.h"

static qc_status fault(qc_error *error, const char *subject, uint32_t index, const char *problem) {
  return qc_fail(error, QC_MALFORMED_PACKAGE, "plan", "%s %u %s", subject, index, problem);
}

/// Most bytes of the memory that holds windows' buffers whole.
static const uint64_t observed_limit = UINT64_C(1) << 44;

static int window_is_sound(const qc_plan_header *h, const qc_plan_window *window) {
  return window->scratch_offset % QC_BUFFER_ALIGNMENT == 0 &&
         window->observed_offset % QC_BUFFER_ALIGNMENT == 0 &&
         qc_in_range(window->scratch_offset, window->capacity, h->scratch_bytes) &&
         qc_in_range(window->observed_offset, window->byte_count, observed_limit);
}

/// Whether the tiles of step `index` of a chain go forward without a gap, from its first to its
/// last.
static int tiles_are_sound(const qc_plan *plan, const qc_plan_chain *chain, uint32_t index) {
  const uint32_t count = plan->steps[chain->first_step + index].tile_count;
  qc_plan_tiles before = {0, 0};
  for (uint32_t strip = 0; strip < chain->strip_count; ++strip) {
    const qc_plan_tiles tiles =
        plan->tiles[chain->first_tiles + (uint64_t)strip * chain->step_count + index];
    if (tiles.first < before.first || tiles.first > before.end || tiles.end < before.end ||
        tiles.end < tiles.first || tiles.end > count) {
      return 0;
    }
    before = tiles;
  }
  return before.end == count;
}

/// Whether the spans of window `index` of a chain go forward in its buffer, and those of a pass fit
/// in what a thread holds.
static int spans_are_sound(const qc_plan *plan, const qc_plan_chain *chain, uint32_t index) {
  const qc_plan_window *window = &plan->windows[chain->first_window + index];
  const qc_plan_span *spans = plan->spans + chain->first_span + index;
  const uint64_t step = chain->window_count;
  for (uint64_t strip = 0; strip < chain->strip_count; ++strip) {
    const qc_plan_span *span = &spans[strip * step];
    if (span->low % QC_BUFFER_ALIGNMENT != 0 || span->low > span->high ||
        span->high > window->byte_count) {
      return 0;
    }
    if (strip > 0 && (span->low < span[-(int64_t)step].low || span->high < span[-(int64_t)step].high))
      return 0;
    uint64_t last = strip + chain->pass_strips - 1;
    if (last >= chain->strip_count)
      last = chain->strip_count - 1;
    if (spans[last * step].high < span->low || spans[last * step].high - span->low > window->capacity)
      return 0;
  }
  return 1;
}

/// Whether step `index` names no windows but those from `first` on, `count` of them.
static int windows_are_own(const qc_plan *plan, uint32_t index, uint32_t first, uint32_t count) {
  const qc_plan_step *step = &plan->steps[index];
  for (uint32_t i = 0; i < step->buffer_count; ++i) {
    const qc_plan_buffer *buffer = &plan->buffers[step->first_buffer + i];
    if (buffer->kind == QC_BUFFER_WINDOW &&
        (buffer->index < first || !qc_in_range(buffer->index - first, 1, count))) {
      return 0;
    }
  }
  return 1;
}

/// Checks one chain against the plan; its windows, tiles and spans are known to exist.
static qc_status check_chain(const qc_plan *plan, uint32_t index, qc_error *error) {
  const qc_plan_chain *chain = &plan->chains[index];
  for (uint32_t i = 0; i < chain->step_count; ++i) {
    const uint32_t step = chain->first_step + i;
    if (plan->steps[step].buffer_count > QC_CHAIN_BUFFER_LIMIT)
      return fault(error, "step", step, "has too many buffers for a chain");
    if (!windows_are_own(plan, step, chain->first_window, chain->window_count))
      return fault(error, "step", step, "names the window of another chain");
    if (!tiles_are_sound(plan, chain, i))
      return fault(error, "chain", index, "has strips that are not a step's tiles");
  }
  for (uint32_t i = 0; i < chain->window_count; ++i) {
    if (!spans_are_sound(plan, chain, i))
      return fault(error, "chain", index, "has a span that leaves its window");
  }
  return QC_OK;
}

qc_status qc_plan_check_chains(qc_plan *plan, qc_error *error) {
  const qc_plan_header *h = plan->header;
  plan->observed_bytes = 0;
  for (uint32_t i = 0; i < h->window_count; ++i) {
    const qc_plan_window *window = &plan->windows[i];
    if (!window_is_sound(h, window))
      return fault(error, "window", i, "is misaligned or leaves its memory");
    const uint64_t end = window->observed_offset + window->byte_count;
    if (end > plan->observed_bytes)
      plan->observed_bytes = end;
  }
  // What the chains before take of each array.
  uint64_t windows = 0, tiles = 0, spans = 0;
  uint32_t step = 0;
  for (uint32_t i = 0; i < h->chain_count; ++i) {
    const qc_plan_chain *chain = &plan->chains[i];
    if (chain->step_count == 0 || chain->strip_count == 0 || chain->pass_strips == 0 ||
        chain->thread_limit == 0) {
      return fault(error, "chain", i, "has no steps, no strips or no threads");
    }
    if (chain->first_step < step ||
        !qc_in_range(chain->first_step, chain->step_count, h->step_count) ||
        chain->first_window != windows || chain->first_tiles != tiles ||
        chain->first_span != spans) {
      return fault(error, "chain", i, "is out of order");
    }
    windows += chain->window_count;
    tiles += (uint64_t)chain->strip_count * chain->step_count;
    spans += (uint64_t)chain->strip_count * chain->window_count;
    if (windows > h->window_count)
      return fault(error, "chain", i, "has more windows than the plan");
    for (; step < chain->first_step; ++step) {
      if (!windows_are_own(plan, step, 0, 0))
        return fault(error, "step", step, "names the window of a chain");
    }
    const qc_status status = check_chain(plan, i, error);
    if (status != QC_OK)
      return status;
    step = chain->first_step + chain->step_count;
  }
  for (; step < h->step_count; ++step) {
    if (!windows_are_own(plan, step, 0, 0))
      return fault(error, "step", step, "names the window of a chain");
  }
  if (windows != h->window_count)
    return qc_fail(error, QC_MALFORMED_PACKAGE, "plan", "%s", "has windows of no chain");
  return QC_OK;
}
