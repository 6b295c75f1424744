/** What arithmetic can run on. */
export const engineNames = ['webgpu', 'wasm'] as const;
export type EngineName = (typeof engineNames)[number];
