/** What arithmetic can run on, best first. */
export const engineNames = ['webgpu', 'webgl', 'wasm'] as const;
export type EngineName = (typeof engineNames)[number];
