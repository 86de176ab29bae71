#include "chain.h"

#include <string.h>

/// The tiles of the chain's steps for a strip, and its spans of the chain's windows.
static const qc_plan_tiles *tiles_of(const qc_chain *chain, uint32_t strip) {
  const qc_plan_chain *record = chain->record;
  return chain->plan->tiles + record->first_tiles + (uint64_t)strip * record->step_count;
}

static const qc_plan_span *spans_of(const qc_chain *chain, uint32_t strip) {
  const qc_plan_chain *record = chain->record;
  return chain->plan->spans + record->first_span + (uint64_t)strip * record->window_count;
}

/// Moves what the pass from strip `begin` needs of the windows, which hold the pass from strip
/// `last_begin` up to it, to their fronts.
static void slide(const qc_chain *chain, uint8_t *scratch, uint32_t last_begin, uint32_t begin) {
  const qc_plan_chain *record = chain->record;
  const qc_plan_span *from = spans_of(chain, last_begin);
  const qc_plan_span *written = spans_of(chain, begin - 1);
  const qc_plan_span *to = spans_of(chain, begin);
  for (uint32_t i = 0; i < record->window_count; ++i) {
    uint8_t *front = scratch + chain->plan->windows[record->first_window + i].scratch_offset;
    if (to[i].low > from[i].low && written[i].high > to[i].low)
      memmove(front, front + (to[i].low - from[i].low), written[i].high - to[i].low);
  }
}

/// Runs tiles of the step at `index` of the chain, its windows holding the pass from `strip`.
static void run_tiles(const qc_chain *chain, uint8_t *scratch, uint32_t index, uint32_t strip,
                      uint32_t first, uint32_t end) {
  const qc_plan *plan = chain->plan;
  const qc_plan_step *step = &plan->steps[chain->record->first_step + index];
  const qc_plan_buffer *buffers = plan->buffers + step->first_buffer;
  const qc_plan_span *spans = spans_of(chain, strip);
  const qc_call *call = &chain->calls[index];
  void *pointers[QC_CHAIN_BUFFER_LIMIT];
  for (uint32_t i = 0; i < step->buffer_count; ++i) {
    pointers[i] = call->buffers[i];
    if (buffers[i].kind != QC_BUFFER_WINDOW)
      continue;
    // The address of the buffer's first byte, were it there: only the span is.
    const uintptr_t front = (uintptr_t)(scratch + plan->windows[buffers[i].index].scratch_offset);
    pointers[i] = (void *)(front - spans[buffers[i].index - chain->record->first_window].low);
  }
  call->kernel(call->arguments, pointers, scratch, first, end);
}

void qc_chain_run(const void *arguments, void *const *buffers, void *scratch, uint32_t begin,
                  uint32_t end) {
  (void)buffers;
  const qc_chain *chain = arguments;
  const qc_plan_chain *record = chain->record;
  const uint64_t count = end - begin;
  const uint64_t passes = (count + record->pass_strips - 1) / record->pass_strips;
  uint32_t last_begin = begin;
  for (uint64_t pass = 0; pass < passes; ++pass) {
    const uint32_t from = begin + (uint32_t)(count * pass / passes);
    const uint32_t to = begin + (uint32_t)(count * (pass + 1) / passes);
    const qc_plan_tiles *needed = tiles_of(chain, from);
    const qc_plan_tiles *last = tiles_of(chain, to - 1);
    const qc_plan_tiles *complete = pass > 0 ? tiles_of(chain, from - 1) : NULL;
    if (pass > 0)
      slide(chain, scratch, last_begin, from);
    for (uint32_t i = 0; i < record->step_count; ++i) {
      const uint32_t first = complete != NULL ? complete[i].end : needed[i].first;
      if (first < last[i].end)
        run_tiles(chain, scratch, i, from, first, last[i].end);
    }
    last_begin = from;
  }
}
