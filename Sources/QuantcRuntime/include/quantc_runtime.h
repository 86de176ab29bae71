/// Running compiled models: open a package, make a context, run it.
///
/// A model (code, weights, plan) is immutable and may be shared by any number of threads. A context
/// owns an arena and a thread pool and serves one call at a time. Nothing is allocated after
/// `qc_context_create`.

#ifndef QUANTC_RUNTIME_H
#define QUANTC_RUNTIME_H

#include "quantc_package.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qc_model qc_model;
typedef struct qc_context qc_context;

/// How to open a model. All zero is the default.
typedef struct qc_model_options {
  /// The kernel variant to use, by name; null takes that of the environment variable QUANTC_VARIANT,
  /// and without it the best one that this processor runs.
  const char *variant;
  /// Most bytes that code, weights, plan and a context of one thread may take together, and each
  /// context by itself; 0 means 16 GiB.
  uint64_t memory_limit;
} qc_model_options;

/// A logical tensor: row-major, unpadded. Four-bit elements lie two to a byte, low nibble first.
typedef struct qc_tensor_type {
  const char *name;
  qc_element_type element;
  uint32_t rank;
  /// `rank` extents, outermost first.
  const int64_t *extents;
  /// Size of the tensor in bytes.
  uint64_t byte_count;
  qc_granularity granularity;
  /// Axis of per-channel and per-group quantization.
  uint32_t axis;
  uint32_t group_size;
  uint32_t quant_count;
  const qc_quant *quants;
} qc_tensor_type;

/// A value inside the model that a tap callback can see.
typedef struct qc_tap {
  qc_tensor_type type;
  /// Bytes between neighbours, one per axis of `type`.
  const int64_t *strides;
} qc_tap;

/// One step of the plan, for people.
typedef struct qc_step_info {
  const char *op_name;
  const char *kernel;
  uint32_t tile_count;
  uint32_t thread_limit;
  /// The tap that is complete after the step, or `QC_NONE`.
  uint32_t tap;
} qc_step_info;

/// Memory of a model and its contexts, in bytes.
typedef struct qc_memory {
  /// Weights after decompression, with alignment and slack.
  uint64_t weights;
  /// The mapped kernel object.
  uint64_t code;
  uint64_t plan;
  /// One context's arena.
  uint64_t arena;
  /// Scratch of one thread of a context, the windows of chains included.
  uint64_t scratch_per_thread;
  /// What a context takes besides when its steps are observed.
  uint64_t observed;
} qc_memory;

/// Bytes to read. Inputs and outputs may lie at any address; they must not overlap.
typedef struct qc_input {
  const void *bytes;
  size_t byte_count;
} qc_input;

/// Bytes to write.
typedef struct qc_output {
  void *bytes;
  size_t byte_count;
} qc_output;

/// Opens the package at `path`: checks every section, picks a variant, maps its code, decompresses
/// the weights and checks every reference of the plan. `options` may be null.
QC_API qc_status qc_model_open(const char *path, const qc_model_options *options, qc_model **model,
                               qc_error *error);

/// As `qc_model_open`, for a package in memory, which is no longer needed after the call.
QC_API qc_status qc_model_open_memory(const void *bytes, size_t byte_count,
                                      const qc_model_options *options, qc_model **model,
                                      qc_error *error);

/// Gives the caller's hold on a model up; contexts keep it alive. Null is allowed.
QC_API void qc_model_close(qc_model *model);

/// Counts; 0 for a null model.
QC_API uint32_t qc_model_input_count(const qc_model *model);
QC_API uint32_t qc_model_output_count(const qc_model *model);
QC_API uint32_t qc_model_tap_count(const qc_model *model);
QC_API uint32_t qc_model_step_count(const qc_model *model);

/// Descriptions, owned by the model; null when `index` is out of range.
QC_API const qc_tensor_type *qc_model_input(const qc_model *model, uint32_t index);
QC_API const qc_tensor_type *qc_model_output(const qc_model *model, uint32_t index);
QC_API const qc_tap *qc_model_tap(const qc_model *model, uint32_t index);
QC_API const qc_step_info *qc_model_step(const qc_model *model, uint32_t index);

/// Name of the kernel variant in use.
QC_API const char *qc_model_variant(const qc_model *model);

QC_API qc_memory qc_model_memory(const qc_model *model);

/// Makes a context of `threads` threads, the calling one included, 1 to `QC_MAX_THREADS`.
QC_API qc_status qc_context_create(qc_model *model, uint32_t threads, qc_context **context,
                                   qc_error *error);

/// Ends the context's threads and frees it; null is allowed. No call may be in progress.
QC_API void qc_context_destroy(qc_context *context);

/// Runs the model once. The results are the same bits for every number of threads.
QC_API qc_status qc_run(qc_context *context, const qc_input *inputs, uint32_t input_count,
                        const qc_output *outputs, uint32_t output_count, qc_error *error);

/// Called on the thread that runs the model, when the value of `tap` is complete. `first` is its
/// element (0, 0, ...); it is valid during the call only.
typedef void (*qc_tap_callback)(void *user, uint32_t tap_index, const qc_tap *tap,
                                const void *first);

/// Sets the callback of the following runs; null means none, which costs nothing. With one, the
/// steps of chains run one by one, and what lies in windows otherwise takes memory of its own, which
/// the first call allocates: `QC_OUT_OF_MEMORY` when there is none.
QC_API qc_status qc_context_set_tap(qc_context *context, qc_tap_callback callback, void *user);

/// Copies a tapped value to `to`, which has the `byte_count` of its type: row-major, unpadded.
QC_API void qc_tap_copy(const qc_tap *tap, const void *first, void *to);

/// Replaces a tapped value, within the call of the callback that got `first`, by the one at `from`:
/// row-major, unpadded, of the `byte_count` of its type. The steps after it read the new value where
/// they read this one in place; a tap that shows a copy of a value changes the copy alone.
QC_API void qc_tap_replace(const qc_tap *tap, const void *first, const void *from);

/// Runs the model `runs` times and writes the duration of each run in nanoseconds.
QC_API qc_status qc_context_benchmark(qc_context *context, const qc_input *inputs,
                                      uint32_t input_count, const qc_output *outputs,
                                      uint32_t output_count, uint32_t runs, uint64_t *nanoseconds,
                                      qc_error *error);

/// Runs the model `runs` times and writes, for each step of the plan, the nanoseconds of its
/// shortest run, the clock's own cost included. The steps of chains run one by one, as for a tap.
QC_API qc_status qc_context_profile(qc_context *context, const qc_input *inputs,
                                    uint32_t input_count, const qc_output *outputs,
                                    uint32_t output_count, uint32_t runs, uint64_t *nanoseconds,
                                    qc_error *error);

/// The architecture that this runtime was compiled for.
QC_API qc_architecture qc_host_architecture(void);

/// Whether processor and operating system can run the kernel variant of that name: 1 or 0.
QC_API int qc_host_supports(const char *variant);

/// Words for a status, never null.
QC_API const char *qc_status_text(qc_status status);

/// Version of the runtime: `major.minor.patch`.
QC_API const char *qc_runtime_version(void);

#ifdef __cplusplus
}
#endif

#endif
