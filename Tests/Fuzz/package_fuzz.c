/// Fuzzing the package reader and the model loader with libFuzzer:
///
///   clang -g -O1 -std=c11 -fsanitize=fuzzer,address,undefined -ISources/QuantcRuntime/include \
///     Tests/Fuzz/package_fuzz.c Sources/QuantcRuntime/*.c -lzstd -lsodium -o package_fuzz
///   ./package_fuzz Tests/Fuzz/Corpus/package
///
/// The hashes of an input are made right before it is opened, so that mutations reach what lies
/// behind them. Kernels are never run: a package holds machine code, which only the hashes cover.

#include <quantc_runtime.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Recomputes the hashes of all sections that lie in the file, then that of the table.
static void seal(uint8_t *file, size_t size) {
  qc_file_header header;
  if (size < sizeof header)
    return;
  memcpy(&header, file, sizeof header);
  const size_t room = (size - sizeof header) / sizeof(qc_section_entry);
  const size_t count = header.section_count < room ? header.section_count : room;
  for (size_t i = 0; i < count; ++i) {
    uint8_t *row = file + sizeof header + i * sizeof(qc_section_entry);
    qc_section_entry entry;
    memcpy(&entry, row, sizeof entry);
    if (entry.offset > size || entry.stored_bytes > size - entry.offset)
      continue;
    qc_sha256(file + entry.offset, (size_t)entry.stored_bytes, entry.sha256);
    memcpy(row, &entry, sizeof entry);
  }
  qc_sha256_state state;
  qc_sha256_start(&state);
  qc_sha256_add(&state, file, offsetof(qc_file_header, sha256));
  qc_sha256_add(&state, file + sizeof header, count * sizeof(qc_section_entry));
  qc_sha256_finish(&state, file + offsetof(qc_file_header, sha256));
}

static void open_model(const uint8_t *file, size_t size) {
  const qc_model_options options = {.memory_limit = UINT64_C(64) << 20};
  qc_model *model = NULL;
  qc_error error;
  if (qc_model_open_memory(file, size, &options, &model, &error) != QC_OK)
    return;
  qc_context *context = NULL;
  if (qc_context_create(model, 1, &context, &error) == QC_OK)
    qc_context_destroy(context);
  qc_model_close(model);
}

static void read_sections(const uint8_t *file, size_t size) {
  qc_package *package = NULL;
  if (qc_package_open_memory(file, size, &package, NULL) != QC_OK)
    return;
  for (uint32_t i = 0; i < qc_package_section_count(package); ++i) {
    const size_t raw_bytes = (size_t)qc_package_section(package, i)->raw_bytes;
    if (raw_bytes > (size_t)64 << 20)
      continue;
    void *raw = malloc(raw_bytes + 1);
    if (raw != NULL)
      qc_package_read(package, i, raw, raw_bytes, NULL);
    free(raw);
  }
  qc_package_close(package);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  open_model(data, size);
  uint8_t *sealed = malloc(size + 1);
  if (sealed == NULL)
    return 0;
  if (size > 0)
    memcpy(sealed, data, size);
  seal(sealed, size);
  open_model(sealed, size);
  read_sections(sealed, size);
  free(sealed);
  return 0;
}
