/// Chains: steps that a thread runs strip by strip, without waiting for others in between.
///
/// A chain is a call whose tiles are strips. A thread gets neighbouring strips and works on a few
/// of them at once, a pass: each step computes the tiles that the pass needs and no pass before it
/// computed. What only the chain reads lies in windows, in the thread's scratch: the part of the
/// buffer that the pass spans, addressed as if the whole buffer were there.

#ifndef QUANTC_CHAIN_H
#define QUANTC_CHAIN_H

#include "plan.h"
#include "pool.h"

/// Most buffers of a step of a chain.
enum { QC_CHAIN_BUFFER_LIMIT = 16 };

/// One chain, resolved to addresses.
typedef struct qc_chain {
  const qc_plan *plan;
  const qc_plan_chain *record;
  /// Those of the chain's steps; the pointers of windows among their buffers are not used.
  const qc_call *calls;
} qc_chain;

/// Runs strips `begin` to `end` of the chain at `arguments`: a kernel as far as the pool can tell.
void qc_chain_run(const void *arguments, void *const *buffers, void *scratch, uint32_t begin,
                  uint32_t end);

#endif
