/// Filling the caller's error buffer.

#ifndef QUANTC_ERROR_H
#define QUANTC_ERROR_H

#include "quantc_package.h"

/// Writes status, section (may be null) and a formatted message to `error`, when there is one, and
/// returns `status`.
__attribute__((format(printf, 4, 5))) qc_status qc_fail(qc_error *error, qc_status status,
                                                        const char *section, const char *format,
                                                        ...);

/// As `qc_fail`, naming `section` and, for kernels, its variant.
__attribute__((format(printf, 4, 5))) qc_status qc_fail_section(qc_error *error, qc_status status,
                                                                const qc_section *section,
                                                                const char *format, ...);

/// Marks `error` as success and returns `QC_OK`.
qc_status qc_succeed(qc_error *error);

#endif
