/// The bytes of a `.qpk` package: header, section table, plan and weights, as plain C structs.
///
/// Every number is little-endian and every struct is free of padding, so a struct's memory is its
/// file form. `Documentation/Package.md` describes the format in words. The writer fills these
/// structs, the reader checks them; nothing here has behaviour.

#ifndef QUANTC_FORMAT_H
#define QUANTC_FORMAT_H

#include <stdint.h>

/// Value of `qc_file_header.version` that this header describes.
#define QC_FORMAT_VERSION 1u
/// Bits of `qc_file_header.required_features` that this reader knows: none so far.
#define QC_KNOWN_FEATURES 0u
/// Value of `qc_plan_header.version` that this header describes.
#define QC_PLAN_VERSION 1u

/// Length of a section name or variant name in the table, the terminating zero included.
#define QC_NAME_BYTES 32
#define QC_VARIANT_BYTES 16
#define QC_SHA256_BYTES 32

/// Largest numbers that a reader accepts, whatever the file says.
#define QC_MAX_SECTIONS 512u
#define QC_MAX_ALIGNMENT 4096u
/// Largest plan, kernel object or document after decompression, in bytes.
#define QC_MAX_SECTION_RAW_BYTES (UINT64_C(1) << 30)
/// zstd cannot shrink further than about this; a larger claimed ratio is refused unread.
#define QC_MAX_RATIO UINT64_C(32768)
#define QC_MAX_RANK 16u
#define QC_MAX_KERNELS 4096u
#define QC_MAX_THREADS 256u

/// Alignment of arena buffers and weight frames in memory, and the readable bytes past their end.
#define QC_BUFFER_ALIGNMENT 64u
#define QC_BUFFER_SLACK 64u

/// No step, no tap: the value of an index field that refers to nothing.
#define QC_NONE UINT32_MAX

/// First bytes of a package: not text, and damaged visibly by a line-ending conversion.
static const uint8_t qc_magic[8] = {0x89, 'Q', 'P', 'K', 0x0d, 0x0a, 0x1a, 0x0a};

/// What a section holds.
typedef enum qc_section_kind {
  /// JSON for people and tools: what the package is and how it was made.
  QC_SECTION_MANIFEST = 1,
  /// The execution plan of one architecture.
  QC_SECTION_PLAN = 2,
  /// An ELF shared object with the kernels of one variant of an architecture.
  QC_SECTION_KERNELS = 3,
  /// The weight frames that plans refer to.
  QC_SECTION_WEIGHTS = 4,
  /// JSON: the calibration table that the build used.
  QC_SECTION_CALIBRATION = 5,
  /// JSON: the recipe that the build used.
  QC_SECTION_RECIPE = 6,
  /// JSON: where every quantize and dequantize went.
  QC_SECTION_EXPLAIN = 7,
  /// JSON of any other subject, told apart by name.
  QC_SECTION_EXTRA = 8,
} qc_section_kind;

/// How the stored bytes of a section or weight frame become its raw bytes.
typedef enum qc_codec {
  QC_CODEC_NONE = 0,
  /// Exactly one zstd frame, with its content size, without dictionary.
  QC_CODEC_ZSTD = 1,
} qc_codec;

/// The instruction set that a plan or a kernel object is for.
typedef enum qc_architecture {
  QC_ARCHITECTURE_ANY = 0,
  QC_ARCHITECTURE_X86_64 = 1,
  QC_ARCHITECTURE_AARCH64 = 2,
  QC_ARCHITECTURE_RISCV64 = 3,
} qc_architecture;

/// The first 96 bytes of a package.
typedef struct qc_file_header {
  uint8_t magic[8];
  uint32_t version;
  /// A reader that does not know one of these bits must refuse the file.
  uint32_t required_features;
  /// Size of the whole file in bytes.
  uint64_t file_bytes;
  /// Byte offset of the section table: `sizeof(qc_file_header)`.
  uint64_t table_offset;
  uint32_t section_count;
  /// `sizeof(qc_section_entry)`.
  uint32_t entry_bytes;
  /// A reader may ignore bits that it does not know.
  uint32_t optional_features;
  uint32_t reserved[5];
  /// SHA-256 of the 64 bytes before it followed by the table.
  uint8_t sha256[QC_SHA256_BYTES];
} qc_file_header;

/// One row of the section table. Rows stand in file order; a section starts at the end of the one
/// before it, rounded up to its alignment over zero bytes, and the last one ends the file.
typedef struct qc_section_entry {
  uint32_t kind;
  uint16_t codec;
  uint16_t architecture;
  /// Order of preference among the kernel variants of an architecture, lowest first; else 0.
  uint32_t rank;
  /// Power of two that `offset` is a multiple of, at most `QC_MAX_ALIGNMENT`.
  uint32_t alignment;
  uint64_t offset;
  uint64_t stored_bytes;
  uint64_t raw_bytes;
  /// Of the stored bytes.
  uint8_t sha256[QC_SHA256_BYTES];
  /// Zero-filled; letters, digits, `.`, `_` and `-`, at least one.
  char name[QC_NAME_BYTES];
  /// Zero-filled; as `name`, empty for everything but kernels.
  char variant[QC_VARIANT_BYTES];
  uint64_t reserved;
} qc_section_entry;

/// Start of the weights section: this header, `frame_count` entries, then the frames, end to end.
typedef struct qc_weights_header {
  uint32_t frame_count;
  uint32_t reserved;
} qc_weights_header;

typedef struct qc_weight_entry {
  uint64_t stored_bytes;
  uint64_t raw_bytes;
  uint32_t codec;
  uint32_t reserved;
} qc_weight_entry;

/// Stable numbers of the element types.
typedef enum qc_element_type {
  QC_F32 = 1,
  QC_F64 = 2,
  QC_F16 = 3,
  QC_BF16 = 4,
  QC_I8 = 5,
  QC_U8 = 6,
  QC_I16 = 7,
  QC_U16 = 8,
  QC_I32 = 9,
  QC_U32 = 10,
  QC_I64 = 11,
  QC_U64 = 12,
  QC_I4 = 13,
  QC_U4 = 14,
  QC_BOOL = 15,
  QC_F8E4M3 = 16,
  QC_F8E5M2 = 17,
} qc_element_type;

/// What shares one scale of a quantized tensor.
typedef enum qc_granularity {
  QC_NOT_QUANTIZED = 0,
  QC_PER_TENSOR = 1,
  QC_PER_CHANNEL = 2,
  QC_PER_GROUP = 3,
} qc_granularity;

/// Scale and zero point: `real = scale * (q - zero_point)`.
typedef struct qc_quant {
  float scale;
  int32_t zero_point;
} qc_quant;

/// Start of the plan. After it, without gaps: `qc_plan_type` of the inputs, then of the outputs,
/// `qc_plan_tap`, `qc_plan_buffer`, `int64_t` numbers (extents and strides), `qc_quant`,
/// `qc_plan_kernel`, `qc_plan_step`, `qc_plan_frame`, `qc_plan_window`, `qc_plan_chain`,
/// `qc_plan_tiles`, `qc_plan_span`, the argument records, and the texts, each ended by a zero byte.
/// Before the argument records, zero bytes up to a multiple of 64.
typedef struct qc_plan_header {
  uint32_t version;
  uint32_t chain_count;
  uint32_t input_count;
  uint32_t output_count;
  uint32_t tap_count;
  uint32_t buffer_count;
  uint32_t number_count;
  uint32_t quant_count;
  uint32_t kernel_count;
  uint32_t step_count;
  uint32_t frame_count;
  uint32_t argument_bytes;
  uint32_t text_bytes;
  uint32_t window_count;
  uint64_t arena_bytes;
  /// Scratch of one thread, its windows included, in bytes.
  uint64_t scratch_bytes;
} qc_plan_header;

/// A logical tensor: row-major, unpadded.
typedef struct qc_plan_type {
  /// Byte offset of the name in the texts.
  uint32_t name;
  uint32_t element;
  uint32_t rank;
  /// Index of the outermost extent among the numbers.
  uint32_t first_extent;
  uint32_t granularity;
  /// Of per-channel and per-group quantization, else 0.
  uint32_t axis;
  uint32_t group_size;
  uint32_t first_quant;
  uint32_t quant_count;
  uint32_t reserved;
  /// What element type and extents give.
  uint64_t byte_count;
} qc_plan_type;

typedef enum qc_buffer_kind {
  QC_BUFFER_INPUT = 0,
  QC_BUFFER_OUTPUT = 1,
  QC_BUFFER_ARENA = 2,
  QC_BUFFER_WEIGHTS = 3,
  QC_BUFFER_WINDOW = 4,
} qc_buffer_kind;

/// Where a buffer of a step lies.
typedef struct qc_plan_buffer {
  uint32_t kind;
  /// The input, output, plan frame or window; 0 for the arena.
  uint32_t index;
  /// Bytes from the start of the arena or frame, a multiple of 64; else 0.
  uint64_t offset;
  /// Bytes that belong to the buffer; for frames, up to the end of the frame.
  uint64_t byte_count;
} qc_plan_buffer;

typedef struct qc_plan_kernel {
  /// Byte offset of the symbol in the texts.
  uint32_t name;
  /// Size of the argument record of every step that calls the kernel.
  uint32_t argument_bytes;
} qc_plan_kernel;

typedef struct qc_plan_step {
  uint32_t kernel;
  /// Byte offset of the record among the argument records, a multiple of 4.
  uint32_t argument_offset;
  uint32_t argument_bytes;
  uint32_t first_buffer;
  uint32_t buffer_count;
  uint32_t tile_count;
  uint32_t thread_limit;
  /// The tap that is complete after the step, or `QC_NONE`.
  uint32_t tap;
  /// Byte offset of the op's name in the texts.
  uint32_t op_name;
  uint32_t reserved;
} qc_plan_step;

/// A weight frame that the plan uses.
typedef struct qc_plan_frame {
  /// Index among the frames of the weights section.
  uint32_t weight_frame;
  /// Byte offset of the name in the texts.
  uint32_t name;
} qc_plan_frame;

/// A buffer of which each thread holds the part that a chain works on, in its scratch.
typedef struct qc_plan_window {
  /// Bytes from the start of the thread's scratch, a multiple of 64.
  uint64_t scratch_offset;
  /// Bytes that the thread holds at once.
  uint64_t capacity;
  /// Where the whole buffer lies when a run is observed, a multiple of 64.
  uint64_t observed_offset;
  /// Bytes of the whole buffer.
  uint64_t byte_count;
} qc_plan_window;

/// Steps that run strip by strip, without a barrier in between. Its rows of tiles, one
/// `qc_plan_tiles` for each strip and step, follow those of the chain before it; likewise its
/// windows, and its spans, one `qc_plan_span` for each strip and window.
typedef struct qc_plan_chain {
  uint32_t first_step;
  uint32_t step_count;
  uint32_t strip_count;
  /// Strips that a thread works on at once, at most.
  uint32_t pass_strips;
  uint32_t thread_limit;
  uint32_t first_window;
  uint32_t window_count;
  uint32_t first_tiles;
  uint32_t first_span;
  uint32_t reserved;
} qc_plan_chain;

/// Tiles of a step that a strip needs complete.
typedef struct qc_plan_tiles {
  uint32_t first;
  uint32_t end;
} qc_plan_tiles;

/// Bytes of a window's buffer that a strip reads or writes; `low` is a multiple of 64.
typedef struct qc_plan_span {
  uint64_t low;
  uint64_t high;
} qc_plan_span;

/// A value that can be shown after a step: element (i0, i1, ...) lies `origin` plus the sum of
/// `i[a] * stride[a]` bytes into the buffer.
typedef struct qc_plan_tap {
  qc_plan_type type;
  uint32_t buffer;
  /// Index of the outermost axis's stride among the numbers.
  uint32_t first_stride;
  int64_t origin;
} qc_plan_tap;

#if !defined(__cplusplus)
_Static_assert(sizeof(qc_file_header) == 96, "the header has no padding");
_Static_assert(sizeof(qc_section_entry) == 128, "an entry has no padding");
_Static_assert(sizeof(qc_weights_header) == 8, "the weights header has no padding");
_Static_assert(sizeof(qc_weight_entry) == 24, "a weight entry has no padding");
_Static_assert(sizeof(qc_plan_header) == 72, "the plan header has no padding");
_Static_assert(sizeof(qc_plan_type) == 48, "a type has no padding");
_Static_assert(sizeof(qc_plan_tap) == 64, "a tap has no padding");
_Static_assert(sizeof(qc_plan_buffer) == 24, "a buffer has no padding");
_Static_assert(sizeof(qc_plan_kernel) == 8, "a kernel has no padding");
_Static_assert(sizeof(qc_plan_step) == 40, "a step has no padding");
_Static_assert(sizeof(qc_plan_frame) == 8, "a frame has no padding");
_Static_assert(sizeof(qc_plan_window) == 32, "a window has no padding");
_Static_assert(sizeof(qc_plan_chain) == 40, "a chain has no padding");
_Static_assert(sizeof(qc_plan_tiles) == 8, "a row of tiles has no padding");
_Static_assert(sizeof(qc_plan_span) == 16, "a span has no padding");
#endif

#endif
