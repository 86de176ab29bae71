/// SHA-256 by libsodium, whole blocks by the processor's own instructions where it has them.

#include <sodium/crypto_hash_sha256.h>

#include "quantc_package.h"
#include "sha256_blocks.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(qc_sha256_state),
               "the state holds libsodium's");

static const size_t block_bytes = 64;

void qc_sha256_start(qc_sha256_state *state) {
  crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)state);
}

void qc_sha256_add(qc_sha256_state *state, const void *bytes, size_t byte_count) {
  if (byte_count == 0)
    return;
  crypto_hash_sha256_state *own = (crypto_hash_sha256_state *)(void *)state;
  const uint8_t *next = bytes;
  if (byte_count >= 2 * block_bytes && qc_sha256_has_instructions()) {
    // libsodium's state: chaining value, count of bits, and the bytes of a block begun.
    const size_t begun = (size_t)(own->count / 8) % block_bytes;
    const size_t missing = begun == 0 ? 0 : block_bytes - begun;
    if (missing > 0)
      crypto_hash_sha256_update(own, next, missing);
    next += missing;
    byte_count -= missing;
    const size_t block_count = byte_count / block_bytes;
    qc_sha256_blocks(own->state, next, block_count);
    own->count += (uint64_t)block_count * block_bytes * 8;
    next += block_count * block_bytes;
    byte_count %= block_bytes;
  }
  if (byte_count > 0)
    crypto_hash_sha256_update(own, next, byte_count);
}

void qc_sha256_finish(qc_sha256_state *state, uint8_t digest[QC_SHA256_BYTES]) {
  crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)state, digest);
}

void qc_sha256(const void *bytes, size_t byte_count, uint8_t digest[QC_SHA256_BYTES]) {
  qc_sha256_state state;
  qc_sha256_start(&state);
  qc_sha256_add(&state, bytes, byte_count);
  qc_sha256_finish(&state, digest);
}
