import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { activateBackend } from './tfjs-backend.js';

test('a backend is loaded where it is not registered, and made the active one', async () => {
  await tf.setBackend('cpu');
  const device = tf.backend();
  let loads = 0;
  const activate = () =>
    activateBackend('tfjs-later', 'later', async () => {
      loads += 1;
      tf.registerBackend('later', () => device);
    });
  await activate();
  expect(tf.getBackend()).toBe('later');
  await tf.setBackend('cpu');
  await activate();
  expect([tf.getBackend(), loads]).toEqual(['later', 1]);
  await tf.setBackend('cpu');
});

test('one that does not start, or cannot be loaded, is told of', async () => {
  tf.registerBackend('refusing', () => {
    throw new Error('No device.');
  });
  await expect(activateBackend('tfjs-refusing', 'refusing', async () => undefined)).rejects.toThrow(
    /^Expected the engine 'tfjs-refusing' to start but it does not here; use the engine 'onnxruntime'$/,
  );
  await expect(
    activateBackend('tfjs-absent', 'absent', () => Promise.reject(new Error('npm install it'))),
  ).rejects.toThrow('npm install it');
});
