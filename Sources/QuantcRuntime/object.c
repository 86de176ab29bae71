#define _GNU_SOURCE
#include "object.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "object_parse.h"

/// Writes the segments into the region and takes write permission away.
static qc_status fill_region(qc_object *object, const qc_image *image, const uint8_t *bytes,
                             uint64_t page_bytes, qc_error *error) {
  const uint64_t mask = page_bytes - 1;
  const uint64_t mapped_bytes = (image->image_bytes + mask) & ~mask;
  const qc_status status = qc_region_map(&object->region, mapped_bytes, 0, error);
  if (status != QC_OK)
    return status;
  uint8_t *base = object->region.bytes;
  for (uint32_t i = 0; i < image->load_count; ++i) {
    const qc_load *load = &image->loads[i];
    if (load->file_bytes > 0) {
      memcpy(base + load->address, bytes + load->file_offset, (size_t)load->file_bytes);
    }
  }
  int failed = mprotect(base, (size_t)mapped_bytes, PROT_READ) != 0;
  for (uint32_t i = 0; !failed && i < image->load_count; ++i) {
    const qc_load *load = &image->loads[i];
    if (!load->is_executable)
      continue;
    const uint64_t begin = load->address & ~mask;
    const uint64_t end = (load->address + load->memory_bytes + mask) & ~mask;
    __builtin___clear_cache((char *)base + begin, (char *)base + end);
    failed = mprotect(base + begin, (size_t)(end - begin), PROT_READ | PROT_EXEC) != 0;
    object->code_begin = load->address;
    object->code_end = load->address + load->file_bytes;
  }
  if (failed) {
    return qc_fail(error, QC_SYSTEM_ERROR, NULL, "the system does not allow generated code: %s",
                   strerror(errno));
  }
  return QC_OK;
}

const char *qc_object_map(qc_object *object, const uint8_t *bytes, uint64_t byte_count,
                          qc_status *status, qc_error *error) {
  memset(object, 0, sizeof *object);
  *status = QC_OK;
  const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
  qc_image image;
  const char *fault = qc_object_parse(&image, bytes, byte_count, page_bytes);
  if (fault != NULL)
    return fault;
  uint32_t code_segments = 0;
  for (uint32_t i = 0; i < image.load_count; ++i)
    code_segments += image.loads[i].is_executable;
  if (code_segments != 1)
    return "does not have exactly one code segment";
  object->symbols = image.symbols;
  *status = fill_region(object, &image, bytes, page_bytes, error);
  if (*status != QC_OK)
    qc_object_unmap(object);
  return NULL;
}

qc_kernel *qc_object_find(qc_object *object, const char *name) {
  qc_symbols *symbols = &object->symbols;
  for (uint32_t step = 0; step < symbols->count; ++step) {
    const uint32_t index = (uint32_t)(((uint64_t)symbols->next + step) % symbols->count);
    Elf64_Sym symbol;
    memcpy(&symbol, symbols->table + index * sizeof symbol, sizeof symbol);
    if (index == 0 || strcmp(symbols->texts + symbol.st_name, name) != 0)
      continue;
    const int is_code = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
                        symbol.st_value >= object->code_begin && symbol.st_value < object->code_end;
    if (!is_code)
      return NULL;
    symbols->next = index + 1;
    return (qc_kernel *)(uintptr_t)(object->region.bytes + symbol.st_value);
  }
  return NULL;
}

void qc_object_unmap(qc_object *object) {
  qc_region_unmap(&object->region);
  memset(object, 0, sizeof *object);
}
