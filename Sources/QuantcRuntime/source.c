#define _GNU_SOURCE
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

qc_status qc_source_open(qc_source *source, const char *path, qc_error *error) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return qc_fail(error, QC_UNREADABLE_FILE, NULL, "cannot be opened: %s", strerror(errno));
  }
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor);
    return qc_fail(error, QC_UNREADABLE_FILE, NULL, "is not a regular file");
  }
  *source = (qc_source){.descriptor = descriptor, .byte_count = (uint64_t)status.st_size};
  return QC_OK;
}

void qc_source_close(qc_source *source) {
  if (source->descriptor >= 0)
    close(source->descriptor);
  source->descriptor = -1;
}

qc_status qc_source_read(const qc_source *source, uint64_t offset, void *to, size_t byte_count,
                         qc_error *error) {
  if (offset > source->byte_count || byte_count > source->byte_count - offset) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "a range lies outside of the file");
  }
  if (source->descriptor < 0) {
    if (byte_count > 0)
      memcpy(to, source->memory + offset, byte_count);
    return QC_OK;
  }
  uint8_t *next = to;
  while (byte_count > 0) {
    const ssize_t got = pread(source->descriptor, next, byte_count, (off_t)offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      return qc_fail(error, QC_UNREADABLE_FILE, NULL, "cannot be read: %s", strerror(errno));
    }
    if (got == 0) {
      return qc_fail(error, QC_UNREADABLE_FILE, NULL, "became shorter while it was read");
    }
    next += got;
    offset += (uint64_t)got;
    byte_count -= (size_t)got;
  }
  return QC_OK;
}

qc_status qc_source_view(const qc_source *source, uint64_t offset, size_t byte_count,
                         const uint8_t **bytes, void **owned, qc_error *error) {
  *owned = NULL;
  if (source->descriptor < 0) {
    if (offset > source->byte_count || byte_count > source->byte_count - offset) {
      return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "a range lies outside of the file");
    }
    *bytes = source->memory + offset;
    return QC_OK;
  }
  void *buffer = malloc(byte_count > 0 ? byte_count : 1);
  if (buffer == NULL) {
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for %zu bytes", byte_count);
  }
  const qc_status status = qc_source_read(source, offset, buffer, byte_count, error);
  if (status != QC_OK) {
    free(buffer);
    return status;
  }
  *owned = buffer;
  *bytes = buffer;
  return QC_OK;
}
