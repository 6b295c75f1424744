/** How PyTorch is to compute. */
export interface TorchConfig {
  /** `bfloat16`: convolutions and matrix products; images, motions, sampling and losses stay in float32. */
  precision: 'float32' | 'bfloat16';
  /** Images and filters with channels last in memory. */
  channelsLast: boolean;
  /** Whether torch.compile is used: a longer start, faster steps on a GPU. Needs torch 2. */
  compile: boolean;
}
