"""Trains the model that the repository carries, and writes it and its samples into this folder.

    scripts/train-digits.sh            (numpy, scikit-learn for the images, onnx, onnxruntime for the score)

Deterministic: one seed, one thread, images in the order of scikit-learn.
"""

from pathlib import Path

import numpy as np
import onnxruntime
from sklearn.datasets import load_digits

from export import export
from layers import BatchNorm, Convolution, Dense, DepthwiseConvolution, MaxPool, ReLU, Residual

HERE = Path(__file__).resolve().parent
SEED, EPOCHS, BATCH = 20, 60, 64
TRAIN_COUNT, CALIBRATION_COUNT = 1197, 200
RATE, DECAY = 4e-3, 1e-4


def network(random):
    return [
        Convolution(random, 1, 16, 3), BatchNorm(16), ReLU(),
        DepthwiseConvolution(random, 16, 3), BatchNorm(16), ReLU(),
        Convolution(random, 16, 24, 1), BatchNorm(24), ReLU(),
        Residual([Convolution(random, 24, 24, 3), BatchNorm(24)]), ReLU(),
        MaxPool(),
        Convolution(random, 24, 32, 3), BatchNorm(32), ReLU(),
        Dense(random, 32 * 4 * 4, 10),
    ]


def forward(layers, x, training):
    for layer in layers:
        x = layer.forward(x, training)
    return x


def adam(parameters, step, rate):
    for p in parameters:
        p.mean = 0.9 * p.mean + 0.1 * p.gradient
        p.square = 0.999 * p.square + 0.001 * p.gradient**2
        corrected = (p.mean / (1 - 0.9**step)) / (np.sqrt(p.square / (1 - 0.999**step)) + 1e-8)
        p.value = (p.value - rate * (corrected + (DECAY * p.value if p.decays else 0))).astype(np.float32)


def shifted(random, x):
    """Each image moved by at most one pixel in each direction."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    offsets = random.integers(0, 3, (len(x), 2))
    return np.stack([padded[i, dy : dy + 8, dx : dx + 8] for i, (dy, dx) in enumerate(offsets)])


def train(x, y):
    random = np.random.default_rng(SEED)
    layers = network(random)
    parameters = [p for layer in layers for p in layer.parameters]
    steps = EPOCHS * (len(x) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        order = random.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            step += 1
            batch = order[start : start + BATCH]
            logits = forward(layers, shifted(random, x[batch]), training=True)
            share = np.exp(logits - logits.max(axis=1, keepdims=True))
            share /= share.sum(axis=1, keepdims=True)
            share[np.arange(BATCH), y[batch]] -= 1
            gradient = (share / BATCH).astype(np.float32)
            for layer in reversed(layers):
                gradient = layer.backward(gradient)
            adam(parameters, step, RATE * 0.5 * (1 + np.cos(np.pi * step / steps)))
    return layers


def main():
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    order = np.random.default_rng(SEED).permutation(len(images))
    x, y = images[order][..., None], digits.target[order].astype(np.int64)
    layers = train(x[:TRAIN_COUNT].astype(np.float32), y[:TRAIN_COUNT])
    export(layers, HERE / "model.onnx")

    stored = x.transpose(0, 3, 1, 2)
    np.save(HERE / "calib_x.npy", stored[:CALIBRATION_COUNT])
    np.save(HERE / "dev_x.npy", stored[TRAIN_COUNT:])
    np.save(HERE / "dev_y.npy", y[TRAIN_COUNT:])

    session = onnxruntime.InferenceSession(str(HERE / "model.onnx"))
    (probabilities,) = session.run(None, {"image": stored[TRAIN_COUNT:].astype(np.float32)})
    print(f"onnxruntime, dev: {(probabilities.argmax(axis=1) == y[TRAIN_COUNT:]).mean():.4f}")


if __name__ == "__main__":
    main()
