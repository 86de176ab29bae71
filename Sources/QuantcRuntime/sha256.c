#include <sodium/crypto_hash_sha256.h>

#include "quantc_package.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(qc_sha256_state),
               "the state holds libsodium's");

void qc_sha256_start(qc_sha256_state *state) {
  crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)state);
}

void qc_sha256_add(qc_sha256_state *state, const void *bytes, size_t byte_count) {
  if (byte_count == 0)
    return;
  crypto_hash_sha256_update((crypto_hash_sha256_state *)(void *)state, bytes, byte_count);
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
