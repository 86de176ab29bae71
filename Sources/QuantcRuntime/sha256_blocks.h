/// SHA-256 of whole blocks by processor instructions.

#ifndef QUANTC_SHA256_BLOCKS_H
#define QUANTC_SHA256_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the instructions that `qc_sha256_blocks` uses.
int qc_sha256_has_instructions(void);

/// Takes `block_count` blocks of 64 bytes into the chaining value `state` (a to h, host order).
/// Only where `qc_sha256_has_instructions` says yes.
void qc_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t block_count);

#endif
