import { env } from '@tensorflow/tfjs/dist/tf.node.js';

/** What tests get as `@tensorflow/tfjs`: the same, without the advice to install other kernels. */
env().set('IS_TEST', true);

export * from '@tensorflow/tfjs/dist/tf.node.js';
