import { expect, test } from '@jest/globals';
import { Graph } from './graph.js';

test('constants of the same bits are one, and others are not, wherever they differ', () => {
  const graph = new Graph();
  const values = Float32Array.from({ length: 10_000 }, (_, index) => Math.sin(index));
  const constant = graph.constant(values, [100, 100], 'float32');
  expect(graph.constant(values.slice(), [100, 100], 'float32')).toBe(constant);
  expect(graph.constant(values, [10_000], 'float32')).not.toBe(constant);
  for (const index of [0, 1, 1023, 1024, 5001, 9999]) {
    const changed = values.slice();
    changed[index]! += 1e-3;
    expect(graph.constant(changed, [100, 100], 'float32')).not.toBe(constant);
  }
});

test('zero of either sign, and bytes, are told apart', () => {
  const graph = new Graph();
  expect(graph.constant(Float32Array.of(0), [1], 'float32')).not.toBe(
    graph.constant(Float32Array.of(-0), [1], 'float32'),
  );
  expect(graph.constant(Uint8Array.of(1, 0, 1), [3], 'bool')).not.toBe(
    graph.constant(Uint8Array.of(1, 0, 0), [3], 'bool'),
  );
  expect(graph.constant(Uint8Array.of(1, 0, 1), [3], 'bool')).toBe(
    graph.constant(Uint8Array.of(1, 0, 1), [3], 'bool'),
  );
});
