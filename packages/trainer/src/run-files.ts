/** Files of a run's folder. */
export const RUN_FILES = {
  config: 'run.yaml',
  metrics: 'metrics.jsonl',
  checkpoint: 'checkpoint.safetensors',
  /** Averaged weights of the last checkpoint, and of the best validation. */
  weights: 'weights.safetensors',
  bestWeights: 'best.safetensors',
  samples: 'samples',
} as const;
