/// The node tests that are refused, by what they need; everything else must pass.
enum RefusedCases {
  static let byReason: [(reason: String, cases: [String])] = [
    (
      "Attention in bf16",
      [
        "test_attention_3d_causal_bf16",
        "test_attention_4d_attn_mask_causal_bf16",
        "test_attention_4d_causal_padded_kv_bf16",
        "test_attention_4d_padded_kv_bf16",
      ]
    ),
    (
      "BatchNormalization in training mode",
      [
        "test_batchnorm_example_training_mode"
      ]
    ),
    (
      "MaxPool with indices",
      [
        "test_maxpool_with_argmax_2d_precomputed_pads",
        "test_maxpool_with_argmax_2d_precomputed_strides",
      ]
    ),
    (
      "Resize with align_corners by scales that give no whole extents",
      [
        "test_resize_downsample_scales_cubic_align_corners",
        "test_resize_downsample_scales_linear_align_corners",
      ]
    ),
    (
      "Resize with antialias",
      [
        "test_resize_downsample_sizes_cubic_antialias"
      ]
    ),
    (
      "Resize with tf_crop_and_resize",
      [
        "test_resize_tf_crop_and_resize_axes_3_2",
        "test_resize_tf_crop_and_resize_extrapolation_value",
      ]
    ),
    (
      "dynamic quantization, and integer products of run-time zero points",
      [
        "test_convinteger_with_padding",
        "test_convinteger_without_padding",
        "test_dynamicquantizelinear",
        "test_dynamicquantizelinear_max_adjusted",
        "test_matmulinteger",
      ]
    ),
    (
      "the element type float4E2M1",
      [
        "test_cast_FLOAT16_to_FLOAT4E2M1",
        "test_cast_FLOAT4E2M1_to_FLOAT",
        "test_cast_FLOAT4E2M1_to_FLOAT16",
        "test_cast_FLOAT_to_FLOAT4E2M1",
        "test_dequantizelinear_float4e2m1",
        "test_quantizelinear_float4e2m1",
      ]
    ),
    (
      "the element type float8E4M3Fnuz",
      [
        "test_cast_FLOAT16_to_FLOAT8E4M3FNUZ",
        "test_cast_FLOAT8E4M3FNUZ_to_FLOAT",
        "test_cast_FLOAT8E4M3FNUZ_to_FLOAT16",
        "test_cast_FLOAT_to_FLOAT8E4M3FNUZ",
        "test_cast_no_saturate_FLOAT16_to_FLOAT8E4M3FNUZ",
        "test_cast_no_saturate_FLOAT_to_FLOAT8E4M3FNUZ",
      ]
    ),
    (
      "the element type float8E5M2Fnuz",
      [
        "test_cast_FLOAT16_to_FLOAT8E5M2FNUZ",
        "test_cast_FLOAT8E5M2FNUZ_to_FLOAT",
        "test_cast_FLOAT8E5M2FNUZ_to_FLOAT16",
      ]
    ),
    (
      "the element type float8E8M0",
      [
        "test_cast_e8m0_FLOAT16_to_FLOAT8E8M0",
        "test_cast_e8m0_FLOAT8E8M0_to_FLOAT",
        "test_cast_e8m0_FLOAT8E8M0_to_FLOAT16",
        "test_cast_e8m0_FLOAT_to_FLOAT8E8M0",
      ]
    ),
    (
      "the element type int2",
      [
        "test_cast_FLOAT16_to_INT2",
        "test_cast_INT2_to_INT8",
        "test_dequantizelinear_int2",
      ]
    ),
    (
      "the element type uint2",
      [
        "test_cast_FLOAT16_to_UINT2",
        "test_cast_FLOAT_to_UINT2",
        "test_cast_UINT2_to_UINT8",
        "test_dequantizelinear_uint2",
      ]
    ),
    (
      "the op GRU",
      [
        "test_gru_batchwise",
        "test_gru_bidirectional",
        "test_gru_with_initial_bias",
      ]
    ),
    (
      "the op LSTM",
      [
        "test_lstm_batchwise",
        "test_lstm_bidirectional",
        "test_lstm_defaults",
        "test_lstm_with_initial_bias",
        "test_lstm_with_peepholes",
      ]
    ),
  ]

  static let names = Set(byReason.flatMap(\.cases))
}
