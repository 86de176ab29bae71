import GraphIR

/// Recognizes activation functions, normalizations, rotations and attention from the way that exporters expand them.
package let recognizePatterns = Pass(
  "recognize-patterns",
  rules: [
    mergeClampPair, simplifyClip, recognizeSilu, recognizeHardSwish, recognizeGelu,
    recognizeTanhGelu, recognizeNormalization, recognizeShiftedNormalization,
    recognizeExpandedSoftmax, recognizeSafeSoftmax, absorbNormalizationScale,
    absorbNormalizationBias, recognizeRotatedSum, recognizeTurnedPairs,
    recognizePartialRotation, recognizeAttention,
  ])
