/// The part of libzstd that Packaging uses.
#include <zstd.h>
