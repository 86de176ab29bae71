/// The loops of the interpreter: the arithmetic of Documentation/Quantization.md over arrays.
///
/// Arrays are dense and row-major; images are [n, c, d, h, w], absent axes having extent 1. Every
/// function is pure: it reads its const arguments and writes its result array, which does not
/// overlap them. Quantized integers of up to 16 bits come, and go, widened to int32. Vectors run over results, never over k, and no product and sum are contracted
/// but where the definition has an fma.
#ifndef CREFERENCE_H
#define CREFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calibration_observe.h"
#include "calibration_round.h"

/// A window that slides over up to three axes, outermost first.
typedef struct {
  int64_t input[3];    ///< extents of the operand
  int64_t output[3];   ///< extents of the result
  int64_t kernel[3];   ///< taps
  int64_t stride[3];   ///< elements between positions
  int64_t dilation[3]; ///< elements between taps
  int64_t pad[3];      ///< elements of padding before the first
  int64_t pad_end[3];  ///< elements of padding after the last
} qr_window;

/// A convolution: x [batch, groups * channels, input], w [groups * outputs, channels, kernel],
/// y [batch, groups * outputs, output].
typedef struct {
  qr_window window;
  int64_t batch;    ///< images
  int64_t groups;   ///< independent convolutions
  int64_t channels; ///< input channels of one group
  int64_t outputs;  ///< output channels of one group
} qr_convolution;

/// y = chain of fma over ky, kx, c from +0, then the bias. `bias` may be null.
/// Returns false when memory is short.
bool qr_conv_f32(const qr_convolution *conv, const float *x, const float *w, const float *bias,
                 float *y);

/// y = bias + sum of (x - x_zero_point) * w, modulo 2^32. Returns false when memory is short.
bool qr_conv_i32(const qr_convolution *conv, const int32_t *x, int32_t x_zero_point,
                 const int8_t *w, const int32_t *bias, int32_t *y);

/// Most weights of an output channel that qr_conv_moments takes.
#define QR_MOMENT_TAPS 128

/// Adds to sums how the values that the weights of a convolution multiply vary together.
///
/// `moments` holds, for each group, a sum for each of the `size` weights of an output channel in
/// their order (c, ky, kx), and then `size * (size + 1) / 2` sums of products: for weight i those
/// with 0...i. Padding is 0. Of the places in row-major order each `step`-th is taken. `size` is at
/// most QR_MOMENT_TAPS. Returns how many places were added.
int64_t qr_conv_moments(const qr_convolution *conv, const float *x, int64_t step, double *moments);

/// y [batch, m, n] = lhs [batch, m, k] * rhs [batch, k, n], each a chain of fma in ascending k from
/// +0. Returns false when memory is short.
bool qr_matmul_f32(int64_t batch, int64_t m, int64_t k, int64_t n, const float *lhs,
                   const float *rhs, float *y);

/// y [batch, m, n] = bias [n] + sum of (lhs - lhs_zero_point) * (rhs - rhs_zero_points[column]),
/// modulo 2^32. `bias` may be null; `rhs_zero_points` has n elements or is null.
/// Returns false when memory is short.
bool qr_matmul_i32(int64_t batch, int64_t m, int64_t k, int64_t n, const int32_t *lhs,
                   int32_t lhs_zero_point, const int32_t *rhs, const int32_t *rhs_zero_points,
                   const int32_t *bias, int32_t *y);

/// A quantized tensor that is added in an epilogue; `values` null for none.
typedef struct {
  const int32_t *values; ///< as many as results
  int32_t zero_point;
  float multiplier; ///< its scale over the output's, or its scale for a float result
} qr_residual;

/// How a value in units of the output's step is stored.
typedef struct {
  int32_t zero_point;
  int32_t low;  ///< smallest stored integer
  int32_t high; ///< largest stored integer
} qr_store;

/// acc [outer, channels, inner] to stored integers of at most 16 bits, with one multiplier for each
/// channel.
void qr_requantize(int64_t outer, int64_t channels, int64_t inner, const int32_t *acc,
                   const float *multipliers, qr_residual residual, qr_store store, int32_t *y);

/// acc [outer, channels, inner] to real numbers, then the clamp: a NaN bound does not bind.
void qr_scale_to_f32(int64_t outer, int64_t channels, int64_t inner, const int32_t *acc,
                     const float *multipliers, qr_residual residual, float lower, float upper,
                     float *y);

/// t = fma(rhs - rhs_zero_point, rhs_multiplier, (lhs - lhs_zero_point) * lhs_multiplier).
void qr_quantized_sum(int64_t n, const int32_t *lhs, int32_t lhs_zero_point, float lhs_multiplier,
                      const int32_t *rhs, int32_t rhs_zero_point, float rhs_multiplier, float *t);

/// acc = (lhs - lhs_zero_point) * (rhs - rhs_zero_point).
void qr_quantized_product(int64_t n, const int32_t *lhs, int32_t lhs_zero_point,
                          const int32_t *rhs, int32_t rhs_zero_point, int32_t *acc);

/// t, in units of the output's step, to stored integers of at most 16 bits.
void qr_store_steps(int64_t n, const float *t, qr_store store, int32_t *y);

/// x [outer, channels, inner] to integers: clamp(rne(x / scale[c])) + zero point. The range of
/// each store lies in int32.
void qr_quantize(int64_t outer, int64_t channels, int64_t inner, const float *x,
                 const float *scales, const qr_store *stores, int32_t *q);

/// q [outer, channels, inner] to real numbers: float(q - zero point) * scale.
void qr_dequantize(int64_t outer, int64_t channels, int64_t inner, const int32_t *q,
                   const float *scales, const int32_t *zero_points, float *y);

/// Sums of (x - zero_point) over the taps on the image; counts[i] is the number of those taps, or,
/// with `counts_pad`, of the taps on the padded image. x is [planes, input].
void qr_pool_sum_i32(int64_t planes, const qr_window *window, bool counts_pad, const int32_t *x,
                     int32_t zero_point, int32_t *acc, int32_t *counts);

/// Averages over windows; `counts_pad` as in qr_pool_sum_i32.
void qr_pool_average_f32(int64_t planes, const qr_window *window, bool counts_pad, const float *x,
                         float *y);
void qr_pool_max_f32(int64_t planes, const qr_window *window, const float *x, float *y);
void qr_pool_max_f64(int64_t planes, const qr_window *window, const double *x, double *y);
void qr_pool_max_i64(int64_t planes, const qr_window *window, const int64_t *x, int64_t *y);
void qr_pool_max_u8(int64_t planes, const qr_window *window, const uint8_t *x, uint8_t *y);
void qr_pool_max_i8(int64_t planes, const qr_window *window, const int8_t *x, int8_t *y);
void qr_pool_max_i16(int64_t planes, const qr_window *window, const int16_t *x, int16_t *y);

typedef enum {
  QR_SUM,
  QR_MEAN,
  QR_MAX,
  QR_MIN,
  QR_PRODUCT,
  QR_SUM_OF_SQUARES,
  QR_L1,
  QR_L2
} qr_reduction;

/// y [rows] from x [rows, n]: 16 lanes and a tree, or one chain.
void qr_reduce_f32(qr_reduction kind, bool in_lanes, int64_t rows, int64_t n, const float *x,
                   float *y);

/// Layer norm of each row of x [rows, n]; `bias` may be null.
void qr_layer_norm(int64_t rows, int64_t n, float epsilon, const float *x, const float *scale,
                   const float *bias, float *y);
void qr_rms_norm(int64_t rows, int64_t n, float epsilon, const float *x, const float *scale,
                 float *y);
/// x [outer, channels, inner]; the others [channels].
void qr_batch_norm(int64_t outer, int64_t channels, int64_t inner, float epsilon, const float *x,
                   const float *scale, const float *bias, const float *mean,
                   const float *variance, float *y);

/// The constants of exp, log, tanh, erf, sin and cos; polynomials with the highest power first.
typedef struct {
  float exp_lower, exp_upper, log2e, magic, ln2_high, ln2_low;
  float exp_polynomial[7];
  float log_polynomial[8];
  float tanh_bound, tanh_numerator[5], tanh_denominator[5];
  float erf_bound, erf_numerator[6], erf_denominator[6];
  float circle_bound, two_over_pi, half_pi[3], sin_polynomial[3], cos_polynomial[3];
  float sqrt_half, gelu_linear, gelu_cubic;
} qr_constants;

/// Softmax of each row of x [rows, n], or its logarithm.
void qr_softmax(const qr_constants *constants, bool is_log, bool in_lanes, int64_t rows,
                int64_t n, const float *x, float *y);

/// The exponentials of each row's distances to its maximum, in steps of 1/255, NaN giving 0,
/// and their sums.
void qr_exponential_bytes(const qr_constants *constants, int64_t rows, int64_t n, const float *x,
                          uint8_t *p, int32_t *sums);

typedef enum {
  QR_RELU,
  QR_LEAKY_RELU, ///< alpha
  QR_CLIP,       ///< alpha lower, beta upper; NaN does not bind
  QR_SIGMOID,
  QR_TANH,
  QR_EXP,
  QR_LOG,
  QR_SQRT,
  QR_RECIPROCAL,
  QR_NEG,
  QR_ABS,
  QR_ERF,
  QR_FLOOR,
  QR_CEIL,
  QR_ROUND,
  QR_SIGN,
  QR_SIN,
  QR_COS,
  QR_GELU,
  QR_GELU_TANH,
  QR_SILU,
  QR_HARD_SWISH,
  QR_HARD_SIGMOID, ///< alpha, beta
  QR_ELU,          ///< alpha
  QR_SOFTPLUS
} qr_unary;

void qr_unary_f32(const qr_constants *constants, qr_unary function, float alpha, float beta,
                  int64_t n, const float *x, float *y);

typedef enum {
  QR_ADD,
  QR_SUB,
  QR_MUL,
  QR_DIV,
  QR_POW,
  QR_MINIMUM,
  QR_MAXIMUM,
  QR_PRELU
} qr_binary;

/// Elementwise on arrays of the same size.
void qr_binary_f32(const qr_constants *constants, qr_binary function, int64_t n,
                   const float *lhs, const float *rhs, float *y);

/// Turns pairs of the first `size` of the n elements of each row of x [rows, n] by the angles of
/// cosines and sines [rows, size / 2]: elements 2 i and 2 i + 1 if `interleaved`, else i and
/// i + size / 2. The others are copied.
void qr_rotary(int64_t rows, int64_t n, int64_t size, bool interleaved, const float *x,
               const float *cosines, const float *sines, float *y);

/// Copies elements of `element_bytes` (1, 2, 4 or 8) to a dense array of extents `dims`; element
/// (i0, i1, ...) comes from source[origin + sum of i[a] * strides[a]], in elements. A stride of 0
/// repeats, a negative one reverses. At most 16 axes.
void qr_copy_strided(int64_t element_bytes, int64_t rank, const int64_t *dims, const uint8_t *source,
                     int64_t origin, const int64_t *strides, uint8_t *target);

/// The same from a dense array to strided places.
void qr_scatter_strided(int64_t element_bytes, int64_t rank, const int64_t *dims,
                        const uint8_t *source, uint8_t *target, int64_t origin,
                        const int64_t *strides);

/// y [outer, m, inner] = x [outer, extent, inner] at indices [m], each in 0 ..< extent.
void qr_gather(int64_t element_bytes, int64_t outer, int64_t extent, int64_t inner, int64_t m,
               const uint8_t *x, const int64_t *indices, uint8_t *y);

/// y [outer, m, inner] from x [outer, n, inner]: a chain of fma from +0 over `taps` neighbours of
/// each result. `positions` and `weights` are [m, taps].
void qr_interpolate(int64_t outer, int64_t n, int64_t inner, int64_t m, int64_t taps,
                    const int64_t *positions, const float *weights, const float *x, float *y);

/// y [outer, m, inner] from x [outer, n, inner]: fma(fractions, x[high] - x[low], x[low]).
void qr_interpolate_linear(int64_t outer, int64_t n, int64_t inner, int64_t m, const int64_t *low,
                           const int64_t *high, const float *fractions, const float *x, float *y);

/// y[i] = condition[i] ? then[i] : otherwise[i], for elements of any size in bytes.
void qr_select(int64_t element_bytes, int64_t n, const uint8_t *condition, const uint8_t *then,
               const uint8_t *otherwise, uint8_t *y);

/// y[i] = table[x[i]].
void qr_lookup(int64_t n, const uint8_t *table, const uint8_t *x, uint8_t *y);

/// y[i][j] = float(table[rows[i]][j] - zero_points[i]) * scales[i], for j < width.
void qr_embedding(int64_t count, int64_t width, const uint8_t *table, bool is_signed,
                  const int64_t *rows, const float *scales, const int32_t *zero_points, float *y);

/// Little-endian integers of 1, 2 or 4 bytes to int32 (uint32 wraps), and their low bytes back.
void qr_widen(int64_t element_bytes, bool is_signed, int64_t n, const uint8_t *x, int32_t *y);
void qr_narrow(int64_t element_bytes, int64_t n, const int32_t *x, uint8_t *y);

#endif
