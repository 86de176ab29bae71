#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "quantc_runtime.h"

static void fill(qc_error *error, qc_status status, const char *name, const char *variant,
                 const char *format, va_list arguments) {
  if (error == NULL)
    return;
  memset(error, 0, sizeof *error);
  error->status = status;
  const char *joint = variant[0] != 0 ? "/" : "";
  snprintf(error->section, sizeof error->section, "%s%s%s", name, joint, variant);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  // Names come from files and may hold anything; control characters stay out of terminals.
  for (char *c = error->message; *c != 0; ++c) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f)
      *c = '?';
  }
}

qc_status qc_fail(qc_error *error, qc_status status, const char *section, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fill(error, status, section == NULL ? "" : section, "", format, arguments);
  va_end(arguments);
  return status;
}

qc_status qc_fail_section(qc_error *error, qc_status status, const qc_section *section,
                          const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fill(error, status, section->name, section->variant, format, arguments);
  va_end(arguments);
  return status;
}

qc_status qc_succeed(qc_error *error) {
  if (error != NULL)
    memset(error, 0, sizeof *error);
  return QC_OK;
}

const char *qc_status_text(qc_status status) {
  switch (status) {
  case QC_OK:
    return "success";
  case QC_INVALID_ARGUMENT:
    return "invalid argument";
  case QC_UNREADABLE_FILE:
    return "unreadable file";
  case QC_MALFORMED_PACKAGE:
    return "malformed package";
  case QC_DAMAGED_SECTION:
    return "damaged section";
  case QC_FOREIGN_ARCHITECTURE:
    return "package for another architecture";
  case QC_UNSUPPORTED_VERSION:
    return "unsupported package version";
  case QC_UNSUPPORTED_CPU:
    return "unsupported processor";
  case QC_OUT_OF_MEMORY:
    return "out of memory";
  case QC_WRONG_SIZE:
    return "wrong size of an input or output";
  case QC_BUSY:
    return "context is busy";
  case QC_SYSTEM_ERROR:
    return "system error";
  }
  return "unknown status";
}

const char *qc_runtime_version(void) {
  return "0.1.0";
}
