#include "model.h"

#include <stdlib.h>

#include "error.h"

void qc_model_retain(qc_model *model) {
  atomic_fetch_add_explicit(&model->holders, 1, memory_order_relaxed);
}

void qc_model_close(qc_model *model) {
  if (model == NULL)
    return;
  if (atomic_fetch_sub_explicit(&model->holders, 1, memory_order_acq_rel) != 1)
    return;
  qc_object_unmap(&model->object);
  qc_region_unmap(&model->weights);
  qc_region_unmap(&model->plan_bytes);
  free((void *)model->kernels);
  free((void *)model->frames);
  free(model->ports);
  free(model->taps);
  free(model->steps);
  free(model);
}

uint32_t qc_model_input_count(const qc_model *model) {
  return model == NULL ? 0 : model->plan.header->input_count;
}

uint32_t qc_model_output_count(const qc_model *model) {
  return model == NULL ? 0 : model->plan.header->output_count;
}

uint32_t qc_model_tap_count(const qc_model *model) {
  return model == NULL ? 0 : model->plan.header->tap_count;
}

uint32_t qc_model_step_count(const qc_model *model) {
  return model == NULL ? 0 : model->plan.header->step_count;
}

const qc_tensor_type *qc_model_input(const qc_model *model, uint32_t index) {
  return index < qc_model_input_count(model) ? &model->ports[index] : NULL;
}

const qc_tensor_type *qc_model_output(const qc_model *model, uint32_t index) {
  const uint32_t input_count = qc_model_input_count(model);
  return index < qc_model_output_count(model) ? &model->ports[input_count + index] : NULL;
}

const qc_tap *qc_model_tap(const qc_model *model, uint32_t index) {
  return index < qc_model_tap_count(model) ? &model->taps[index] : NULL;
}

const qc_step_info *qc_model_step(const qc_model *model, uint32_t index) {
  return index < qc_model_step_count(model) ? &model->steps[index] : NULL;
}

const char *qc_model_variant(const qc_model *model) {
  return model == NULL ? "" : model->variant;
}

qc_memory qc_model_memory(const qc_model *model) {
  if (model == NULL)
    return (qc_memory){0};
  return (qc_memory){
      .weights = model->weights.byte_count,
      .code = model->object.region.byte_count,
      .plan = model->plan_bytes.byte_count,
      .arena = model->plan.header->arena_bytes,
      .scratch_per_thread = model->plan.header->scratch_bytes,
      .observed = model->plan.observed_bytes,
  };
}
