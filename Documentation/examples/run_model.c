/// Runs a package on raw files: `run_model model.qpk THREADS input.bin... output.bin...`, one input
/// file for each input of the model in their order, then one output file for each output. With no
/// files it lists what the model takes and gives.

#include <quantc_runtime.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, const qc_error *error) {
  fprintf(stderr, "%s: %s: %s%s%s\n", what, qc_status_text(error->status), error->section,
          error->section[0] != 0 ? ": " : "", error->message);
  return 1;
}

static void list(const char *kind, const qc_tensor_type *type) {
  printf("%s %s: type %d, %llu bytes, extents", kind, type->name, (int)type->element,
         (unsigned long long)type->byte_count);
  for (uint32_t axis = 0; axis < type->rank; ++axis) {
    printf(" %lld", (long long)type->extents[axis]);
  }
  printf("\n");
}

/// Reads or writes all of a file; returns 1 on success.
static int transfer(const char *path, const char *mode, void *bytes, size_t byte_count) {
  FILE *file = fopen(path, mode);
  if (file == NULL) {
    perror(path);
    return 0;
  }
  const size_t done =
      mode[0] == 'r' ? fread(bytes, 1, byte_count, file) : fwrite(bytes, 1, byte_count, file);
  const int closed = fclose(file) == 0;
  if (done == byte_count && closed)
    return 1;
  fprintf(stderr, "%s: %zu of %zu bytes\n", path, done, byte_count);
  return 0;
}

/// Runs the model once on the files; returns the exit status.
static int run(qc_model *model, uint32_t threads, char **paths) {
  const uint32_t input_count = qc_model_input_count(model);
  const uint32_t output_count = qc_model_output_count(model);
  qc_error error;
  qc_context *context = NULL;
  if (qc_context_create(model, threads, &context, &error) != QC_OK)
    return fail("context", &error);
  qc_input *inputs = calloc(input_count + 1u, sizeof *inputs);
  qc_output *outputs = calloc(output_count + 1u, sizeof *outputs);
  int is_sound = inputs != NULL && outputs != NULL;
  for (uint32_t i = 0; is_sound && i < input_count; ++i) {
    const size_t size = (size_t)qc_model_input(model, i)->byte_count;
    void *bytes = malloc(size + 1);
    inputs[i] = (qc_input){bytes, size};
    is_sound = bytes != NULL && transfer(paths[i], "rb", bytes, size);
  }
  for (uint32_t i = 0; is_sound && i < output_count; ++i) {
    const size_t size = (size_t)qc_model_output(model, i)->byte_count;
    outputs[i] = (qc_output){malloc(size + 1), size};
    is_sound = outputs[i].bytes != NULL;
  }
  if (is_sound && qc_run(context, inputs, input_count, outputs, output_count, &error) != QC_OK) {
    fail("run", &error);
    is_sound = 0;
  }
  for (uint32_t i = 0; is_sound && i < output_count; ++i) {
    is_sound = transfer(paths[input_count + i], "wb", outputs[i].bytes, outputs[i].byte_count);
  }
  for (uint32_t i = 0; inputs != NULL && i < input_count; ++i)
    free((void *)inputs[i].bytes);
  for (uint32_t i = 0; outputs != NULL && i < output_count; ++i)
    free(outputs[i].bytes);
  free(inputs);
  free(outputs);
  qc_context_destroy(context);
  return is_sound ? 0 : 1;
}

int main(int argument_count, char **arguments) {
  if (argument_count < 2) {
    fprintf(stderr, "usage: %s model.qpk [THREADS input.bin... output.bin...]\n", arguments[0]);
    return 2;
  }
  qc_error error;
  qc_model *model = NULL;
  if (qc_model_open(arguments[1], NULL, &model, &error) != QC_OK) {
    return fail(arguments[1], &error);
  }
  const uint32_t input_count = qc_model_input_count(model);
  const uint32_t output_count = qc_model_output_count(model);
  int status = 2;
  if (argument_count == 2) {
    printf("variant %s\n", qc_model_variant(model));
    for (uint32_t i = 0; i < input_count; ++i)
      list("input", qc_model_input(model, i));
    for (uint32_t i = 0; i < output_count; ++i)
      list("output", qc_model_output(model, i));
    status = 0;
  } else if ((uint32_t)argument_count == 3 + input_count + output_count) {
    status = run(model, (uint32_t)strtoul(arguments[2], NULL, 10), arguments + 3);
  } else {
    fprintf(stderr, "the model has %u inputs and %u outputs\n", input_count, output_count);
  }
  qc_model_close(model);
  return status;
}
