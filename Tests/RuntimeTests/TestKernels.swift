import Diagnostics
import Targets
import Toolchain

/// Small hand-written kernels, compiled at test time.
enum TestKernels {
  static let scale = "qc_test_scale"
  static let addWeights = "qc_test_add_weights"
  static let copyThird = "qc_test_copy_third"
  static let names = [scale, addWeights, copyThird]

  /// Each tile is four floats.
  static let source = """
    #include <stdint.h>
    #define QC_EXPORT __attribute__((visibility("default")))

    typedef struct { float factor; } scale_args;

    /* out[i] = in[i] * factor */
    QC_EXPORT void qc_test_scale(const void *args, void *const *buffers, void *scratch,
                                 uint32_t begin, uint32_t end) {
      const scale_args *a = args;
      const float *in = buffers[0];
      float *out = buffers[1];
      for (uint32_t i = begin * 4; i < end * 4; ++i) out[i] = in[i] * a->factor;
    }

    /* out[i] = in[i] + weights[i], by way of the thread's scratch */
    QC_EXPORT void qc_test_add_weights(const void *args, void *const *buffers, void *scratch,
                                       uint32_t begin, uint32_t end) {
      const float *in = buffers[0];
      const float *weights = buffers[1];
      float *out = buffers[2];
      volatile float *mine = scratch;
      for (uint32_t tile = begin; tile < end; ++tile) {
        for (uint32_t i = 0; i < 4; ++i) mine[i] = in[tile * 4 + i];
        for (uint32_t i = 0; i < 4; ++i) out[tile * 4 + i] = mine[i] + weights[tile * 4 + i];
      }
    }

    /* out[i] = in[i]; third[0] = 1 / 3 in the rounding mode of the thread */
    QC_EXPORT void qc_test_copy_third(const void *args, void *const *buffers, void *scratch,
                                      uint32_t begin, uint32_t end) {
      const float *in = buffers[0];
      float *out = buffers[1];
      float *third = buffers[2];
      volatile float one = 1.0f, three = 3.0f;
      for (uint32_t i = begin * 4; i < end * 4; ++i) out[i] = in[i];
      third[0] = one / three;
    }
    """

  /// The object with all kernels.
  static func object() throws(Diagnostic) -> [UInt8] { try compiled.get() }

  /// Compiles any C text as kernels are compiled.
  static func compile(_ source: String) throws(Diagnostic) -> [UInt8] {
    try CToolchain.find().compile(
      source, triple: CPUArchitecture.x86_64.triple, flags: CPUTarget.portable.compilerFlags)
  }

  private static let compiled: Result<[UInt8], Diagnostic> = Result { () throws(Diagnostic) in
    try compile(source)
  }
}
