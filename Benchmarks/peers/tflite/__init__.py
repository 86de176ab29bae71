"""Writes a float ONNX model as .tflite, as far as convolutional and fully connected networks need, for LiteRT."""
