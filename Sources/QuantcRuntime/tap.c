/// Copying tapped values out of their physical layout.

#include <string.h>

#include "plan.h"
#include "quantc_runtime.h"

void qc_tap_copy(const qc_tap *tap, const void *first, void *to) {
  const qc_tensor_type *type = &tap->type;
  if (type->byte_count == 0)
    return;
  const size_t size = qc_element_bits(type->element) / 8;
  int64_t position[QC_MAX_RANK] = {0};
  const uint8_t *from = first;
  uint8_t *next = to;
  const uint8_t *const end = next + type->byte_count;
  while (next < end) {
    memcpy(next, from, size);
    next += size;
    // The next position in row-major order: the innermost axis that is not at its end moves on.
    for (uint32_t axis = type->rank; axis-- > 0;) {
      from += tap->strides[axis];
      if (++position[axis] < type->extents[axis])
        break;
      from -= tap->strides[axis] * type->extents[axis];
      position[axis] = 0;
    }
  }
}
