/// Opening a model: from a checked package to code and weights in memory.

#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "model.h"
#include "package.h"
#include "weights.h"

static const uint64_t default_memory_limit = UINT64_C(16) << 30;

static qc_status no_memory(qc_error *error) {
  return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for the model");
}

/// The variant that the caller asks for, else the environment; null when neither does.
static const char *forced_variant(const qc_model_options *options) {
  if (options != NULL && options->variant != NULL)
    return options->variant;
  const char *named = secure_getenv("QUANTC_VARIANT");
  return named == NULL || named[0] == 0 ? NULL : named;
}

/// Picks the kernels to use: the forced variant, or the best one that the processor runs.
static qc_status choose_kernels(const qc_package *package, const char *forced,
                                const qc_section **chosen, qc_error *error) {
  const qc_section *best = NULL;
  int found_any = 0;
  for (uint32_t i = 0; i < package->section_count; ++i) {
    const qc_section *section = &package->sections[i];
    if (section->kind != QC_SECTION_KERNELS || section->architecture != qc_host_architecture()) {
      continue;
    }
    if (forced != NULL && strcmp(section->variant, forced) != 0)
      continue;
    found_any = 1;
    if (!qc_host_supports(section->variant))
      continue;
    if (best == NULL || section->rank < best->rank)
      best = section;
  }
  *chosen = best;
  if (best != NULL)
    return QC_OK;
  if (forced != NULL && !found_any) {
    return qc_fail(error, QC_UNSUPPORTED_CPU, NULL,
                   "has no kernel variant '%.15s' for this architecture", forced);
  }
  if (forced != NULL) {
    return qc_fail(error, QC_UNSUPPORTED_CPU, NULL,
                   "this processor cannot run kernel variant '%.15s'", forced);
  }
  return qc_fail(
      error, QC_UNSUPPORTED_CPU, NULL,
      "none of its kernel variants runs on this processor; build it with the portable variant");
}

/// Finds the plan for this machine, or says for which machine the package is.
static qc_status find_plan(const qc_package *package, const qc_section **plan, qc_error *error) {
  static const char *const names[] = {"any", "x86-64", "aarch64", "riscv64"};
  *plan = qc_package_find(package, QC_SECTION_PLAN, qc_host_architecture());
  if (*plan != NULL)
    return QC_OK;
  for (uint32_t i = 0; i < package->section_count; ++i) {
    const qc_section *section = &package->sections[i];
    if (section->kind != QC_SECTION_PLAN)
      continue;
    return qc_fail(error, QC_FOREIGN_ARCHITECTURE, NULL, "was built for %s, and this machine is %s",
                   names[section->architecture], names[qc_host_architecture()]);
  }
  return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "has no execution plan");
}

/// Reads the plan and checks all of it that does not concern weights.
static qc_status read_plan(qc_model *model, const qc_package *package, const qc_section *section,
                           qc_error *error) {
  qc_status status = qc_region_map(&model->plan_bytes, section->raw_bytes, 0, error);
  if (status != QC_OK)
    return status;
  const uint32_t index = (uint32_t)(section - package->sections);
  uint8_t *raw = model->plan_bytes.bytes;
  status = qc_package_read(package, index, raw, (size_t)section->raw_bytes, error);
  if (status != QC_OK)
    return status;
  return qc_plan_parse(&model->plan, raw, section->raw_bytes, error);
}

/// Reads the kernel object, maps it and looks every kernel of the plan up.
static qc_status read_kernels(qc_model *model, const qc_package *package, const qc_section *section,
                              qc_error *error) {
  const size_t byte_count = (size_t)section->raw_bytes;
  uint8_t *bytes = malloc(byte_count + 1);
  if (bytes == NULL)
    return no_memory(error);
  const uint32_t index = (uint32_t)(section - package->sections);
  qc_status status = qc_package_read(package, index, bytes, byte_count, error);
  if (status == QC_OK) {
    const char *fault = qc_object_map(&model->object, bytes, byte_count, &status, error);
    if (fault != NULL) {
      status = qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "%s", fault);
    }
  }
  const qc_plan *plan = &model->plan;
  for (uint32_t i = 0; status == QC_OK && i < plan->header->kernel_count; ++i) {
    const char *name = plan->texts + plan->kernels[i].name;
    model->kernels[i] = qc_object_find(&model->object, name);
    if (model->kernels[i] == NULL) {
      status = qc_fail_section(error, QC_MALFORMED_PACKAGE, section,
                               "does not export the kernel '%.100s'", name);
    }
  }
  free(bytes);
  return status;
}

/// Checks the sum of all that the model and one context will take.
static qc_status check_memory(const qc_model *model, const qc_section *kernels,
                              uint64_t weight_bytes, uint64_t limit, qc_error *error) {
  const qc_plan_header *header = model->plan.header;
  // Each term is below 2^55.
  const uint64_t total = model->plan_bytes.byte_count + kernels->raw_bytes + weight_bytes +
                         header->arena_bytes + header->scratch_bytes;
  if (total <= limit)
    return QC_OK;
  return qc_fail(error, QC_OUT_OF_MEMORY, NULL,
                 "needs %llu bytes of memory, beyond the limit of %llu", (unsigned long long)total,
                 (unsigned long long)limit);
}

/// Checks the plan's buffers against the weights and decompresses the frames it uses.
static qc_status read_weights(qc_model *model, const qc_package *package, const qc_section *kernels,
                              uint64_t limit, qc_error *error) {
  const qc_plan *plan = &model->plan;
  qc_weights weights;
  qc_status status = qc_weights_open(&weights, package, error);
  if (status != QC_OK && weights.section != NULL) {
    // A damaged index is reported as damage, not as a contradiction.
    const uint32_t index = (uint32_t)(weights.section - package->sections);
    qc_error damage;
    if (qc_package_verify(package, index, &damage) == QC_DAMAGED_SECTION) {
      if (error != NULL)
        *error = damage;
      status = QC_DAMAGED_SECTION;
    }
  }
  if (status != QC_OK)
    return status;
  status = qc_plan_check_buffers(plan, weights.frame_bytes, weights.frame_count, error);
  for (uint32_t i = 0; status == QC_OK && i < plan->header->frame_count; ++i) {
    qc_weights_place(&weights, plan->frames[i].weight_frame);
  }
  if (status == QC_OK)
    status = check_memory(model, kernels, weights.region_bytes, limit, error);
  if (status == QC_OK)
    status = qc_region_map(&model->weights, weights.region_bytes, 0, error);
  if (status == QC_OK)
    status = qc_weights_load(&weights, package, &model->weights, error);
  for (uint32_t i = 0; status == QC_OK && i < plan->header->frame_count; ++i) {
    model->frames[i] = model->weights.bytes + weights.places[plan->frames[i].weight_frame];
  }
  qc_weights_close(&weights);
  return status;
}

static void describe_type(const qc_plan *plan, const qc_plan_type *from, qc_tensor_type *to) {
  *to = (qc_tensor_type){
      .name = plan->texts + from->name,
      .element = (qc_element_type)from->element,
      .rank = from->rank,
      .extents = plan->numbers + from->first_extent,
      .byte_count = from->byte_count,
      .granularity = (qc_granularity)from->granularity,
      .axis = from->axis,
      .group_size = from->group_size,
      .quant_count = from->quant_count,
      .quants = plan->quants + from->first_quant,
  };
}

/// Allocates and fills what the queries return.
static qc_status describe(qc_model *model, qc_error *error) {
  const qc_plan *plan = &model->plan;
  const qc_plan_header *header = plan->header;
  const uint32_t port_count = header->input_count + header->output_count;
  model->ports = calloc(port_count + 1u, sizeof *model->ports);
  model->taps = calloc(header->tap_count + 1u, sizeof *model->taps);
  model->steps = calloc(header->step_count + 1u, sizeof *model->steps);
  model->kernels = calloc(header->kernel_count + 1u, sizeof *model->kernels);
  model->frames = calloc(header->frame_count + 1u, sizeof *model->frames);
  if (model->ports == NULL || model->taps == NULL || model->steps == NULL ||
      model->kernels == NULL || model->frames == NULL) {
    return no_memory(error);
  }
  for (uint32_t i = 0; i < port_count; ++i) {
    describe_type(plan, &plan->inputs[i], &model->ports[i]);
  }
  for (uint32_t i = 0; i < header->tap_count; ++i) {
    describe_type(plan, &plan->taps[i].type, &model->taps[i].type);
    model->taps[i].strides = plan->numbers + plan->taps[i].first_stride;
  }
  for (uint32_t i = 0; i < header->step_count; ++i) {
    const qc_plan_step *step = &plan->steps[i];
    model->steps[i] = (qc_step_info){
        .op_name = plan->texts + step->op_name,
        .kernel = plan->texts + plan->kernels[step->kernel].name,
        .tile_count = step->tile_count,
        .thread_limit = step->thread_limit,
        .tap = step->tap,
    };
  }
  return QC_OK;
}

/// Verifies the sections that are not used here: damage anywhere in the file is reported.
static qc_status verify_others(const qc_package *package, const qc_section *plan,
                               const qc_section *kernels, qc_error *error) {
  for (uint32_t i = 0; i < package->section_count; ++i) {
    const qc_section *section = &package->sections[i];
    if (section == plan || section == kernels || section->kind == QC_SECTION_WEIGHTS)
      continue;
    const qc_status status = qc_package_verify(package, i, error);
    if (status != QC_OK)
      return status;
  }
  return QC_OK;
}

/// Builds the model from an open package.
static qc_status build(qc_model *model, const qc_package *package, const qc_model_options *options,
                       qc_error *error) {
  const char *forced = forced_variant(options);
  const uint64_t limit =
      options == NULL || options->memory_limit == 0 ? default_memory_limit : options->memory_limit;
  model->memory_limit = limit;
  const qc_section *plan = NULL;
  const qc_section *kernels = NULL;
  qc_status status = find_plan(package, &plan, error);
  if (status == QC_OK)
    status = choose_kernels(package, forced, &kernels, error);
  if (status == QC_OK && (plan->raw_bytes > limit || kernels->raw_bytes > limit)) {
    status = qc_fail(error, QC_OUT_OF_MEMORY, NULL, "plan or code is beyond the memory limit");
  }
  if (status == QC_OK)
    status = verify_others(package, plan, kernels, error);
  if (status == QC_OK)
    status = read_plan(model, package, plan, error);
  if (status == QC_OK)
    status = describe(model, error);
  if (status == QC_OK)
    status = read_weights(model, package, kernels, limit, error);
  if (status == QC_OK)
    status = read_kernels(model, package, kernels, error);
  if (status == QC_OK)
    memcpy(model->variant, kernels->variant, sizeof model->variant);
  return status;
}

/// Builds a model and closes the package.
static qc_status open_package(qc_package *package, const qc_model_options *options,
                              qc_model **model, qc_error *error) {
  qc_model *made = calloc(1, sizeof *made);
  if (made == NULL) {
    qc_package_close(package);
    return no_memory(error);
  }
  atomic_init(&made->holders, 1);
  const qc_status status = build(made, package, options, error);
  qc_package_close(package);
  if (status != QC_OK) {
    qc_model_close(made);
    return status;
  }
  *model = made;
  return qc_succeed(error);
}

qc_status qc_model_open(const char *path, const qc_model_options *options, qc_model **model,
                        qc_error *error) {
  if (model == NULL)
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "model must not be null");
  *model = NULL;
  qc_package *package = NULL;
  const qc_status status = qc_package_open(path, &package, error);
  return status == QC_OK ? open_package(package, options, model, error) : status;
}

qc_status qc_model_open_memory(const void *bytes, size_t byte_count,
                               const qc_model_options *options, qc_model **model, qc_error *error) {
  if (model == NULL)
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "model must not be null");
  *model = NULL;
  qc_package *package = NULL;
  const qc_status status = qc_package_open_memory(bytes, byte_count, &package, error);
  return status == QC_OK ? open_package(package, options, model, error) : status;
}
