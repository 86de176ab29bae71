"""The layers of the digits network, forward and backward, in numpy. Images are [n, h, w, c] float32."""

import numpy as np


class Parameter:
    """A trained array, its gradient, and Adam's two moments."""

    def __init__(self, value, decays=False):
        self.value = value.astype(np.float32)
        self.gradient = np.zeros_like(self.value)
        self.mean, self.square = np.zeros_like(self.value), np.zeros_like(self.value)
        self.decays = decays


class Convolution:
    """`size` x `size`, stride 1, padded to keep the extent, no bias. Weights are [ky, kx, in, out]."""

    def __init__(self, random, inputs, outputs, size):
        shape = (size, size, inputs, outputs)
        self.weight = Parameter(_he(random, shape, size * size * inputs), decays=True)
        self.parameters = [self.weight]

    def forward(self, x, training):
        self.x = x
        return sum(tap @ w for tap, w in zip(self._taps(x), self._weights()))

    def backward(self, dy):
        inputs, outputs = self.weight.value.shape[2:]
        flat = dy.reshape(-1, outputs)
        gradients = [tap.reshape(-1, inputs).T @ flat for tap in self._taps(self.x)]
        self.weight.gradient = np.stack(gradients).reshape(self.weight.value.shape)
        return self._scatter([dy @ w.T for w in self._weights()])

    def _weights(self):
        return self.weight.value.reshape(-1, *self.weight.value.shape[2:])

    def _taps(self, x):
        """`x` as each position (ky, kx) of the kernel sees it."""
        size, (_, height, width, _) = self.weight.value.shape[0], x.shape
        edge = size // 2
        padded = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
        for ky in range(size):
            for kx in range(size):
                yield padded[:, ky : ky + height, kx : kx + width]

    def _scatter(self, parts):
        """The transpose of `_taps`: adds each position's part where it was read."""
        size, (count, height, width, channels) = self.weight.value.shape[0], self.x.shape
        edge = size // 2
        padded = np.zeros((count, height + 2 * edge, width + 2 * edge, channels), np.float32)
        for k, part in enumerate(parts):
            ky, kx = divmod(k, size)
            padded[:, ky : ky + height, kx : kx + width] += part
        return padded[:, edge : edge + height, edge : edge + width]


class DepthwiseConvolution(Convolution):
    """One filter a channel. Weights are [ky, kx, channels]."""

    def __init__(self, random, channels, size):
        self.weight = Parameter(_he(random, (size, size, channels), size * size), decays=True)
        self.parameters = [self.weight]

    def forward(self, x, training):
        self.x = x
        return sum(tap * w for tap, w in zip(self._taps(x), self._weights()))

    def backward(self, dy):
        gradients = [(tap * dy).sum(axis=(0, 1, 2)) for tap in self._taps(self.x)]
        self.weight.gradient = np.stack(gradients).reshape(self.weight.value.shape)
        return self._scatter([dy * w for w in self._weights()])


class BatchNorm:
    """Normalizes each channel; keeps running statistics for inference."""

    epsilon, momentum = 1e-5, 0.9

    def __init__(self, channels):
        self.scale, self.bias = Parameter(np.ones(channels)), Parameter(np.zeros(channels))
        self.running_mean, self.running_variance = np.zeros(channels, np.float32), np.ones(channels, np.float32)
        self.parameters = [self.scale, self.bias]

    def forward(self, x, training):
        mean, variance = self.running_mean, self.running_variance
        if training:
            mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
            keep = self.momentum
            self.running_mean = keep * self.running_mean + (1 - keep) * mean
            self.running_variance = keep * self.running_variance + (1 - keep) * variance
        self.inverse = 1 / np.sqrt(variance + self.epsilon)
        self.normal = (x - mean) * self.inverse
        return self.normal * self.scale.value + self.bias.value

    def backward(self, dy):
        self.scale.gradient = (dy * self.normal).sum(axis=(0, 1, 2))
        self.bias.gradient = dy.sum(axis=(0, 1, 2))
        count = dy.size / dy.shape[-1]
        centred = dy - self.bias.gradient / count - self.normal * self.scale.gradient / count
        return self.scale.value * self.inverse * centred


class ReLU:
    parameters = []

    def forward(self, x, training):
        self.kept = x > 0
        return x * self.kept

    def backward(self, dy):
        return dy * self.kept


class Residual:
    """`x + body(x)`."""

    def __init__(self, body):
        self.body = body
        self.parameters = [p for layer in body for p in layer.parameters]

    def forward(self, x, training):
        y = x
        for layer in self.body:
            y = layer.forward(y, training)
        return x + y

    def backward(self, dy):
        dx = dy
        for layer in reversed(self.body):
            dx = layer.backward(dx)
        return dy + dx


class MaxPool:
    """2 x 2, stride 2."""

    parameters = []

    def forward(self, x, training):
        n, h, w, c = x.shape
        blocks = x.reshape(n, h // 2, 2, w // 2, 2, c)
        y = blocks.max(axis=(2, 4))
        self.first = blocks == y[:, :, None, :, None]
        return y

    def backward(self, dy):
        n, h, w, c = dy.shape
        return (self.first * dy[:, :, None, :, None]).reshape(n, 2 * h, 2 * w, c)


class Dense:
    """Flattens to [n, inputs] in c, h, w order, as the exported graph does; weights are [inputs, outputs]."""

    def __init__(self, random, inputs, outputs):
        self.weight = Parameter(_he(random, (inputs, outputs), inputs), decays=True)
        self.bias = Parameter(np.zeros(outputs))
        self.parameters = [self.weight, self.bias]

    def forward(self, x, training):
        self.shape = x.shape
        self.x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
        return self.x @ self.weight.value + self.bias.value

    def backward(self, dy):
        self.weight.gradient, self.bias.gradient = self.x.T @ dy, dy.sum(axis=0)
        n, h, w, c = self.shape
        return (dy @ self.weight.value.T).reshape(n, c, h, w).transpose(0, 2, 3, 1)


def _he(random, shape, fan_in):
    return random.standard_normal(shape) * np.sqrt(2 / fan_in)
