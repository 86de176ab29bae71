/// The inside of an open package, shared by the package reader and the model loader.

#ifndef QUANTC_PACKAGE_INTERNAL_H
#define QUANTC_PACKAGE_INTERNAL_H

#include "quantc_package.h"
#include "source.h"

struct qc_package {
  qc_source source;
  uint32_t section_count;
  qc_section *sections;
};

/// Reads header and table into `package`, whose source is set, and checks every field of them.
qc_status qc_package_read_table(qc_package *package, qc_error *error);

/// The first section of that kind for `architecture` (for plans and kernels) or any; null if none.
const qc_section *qc_package_find(const qc_package *package, qc_section_kind kind,
                                  qc_architecture architecture);

#endif
