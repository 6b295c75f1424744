import { expect, test } from '@jest/globals';
import { explainGraphicsFailure } from './graphics-device.js';

test('says what is missing without where ONNX Runtime found it missing', () => {
  const raised =
    '/onnxruntime_src/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize() adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n';
  expect(explainGraphicsFailure(raised)).toBe(
    'WebGPU finds no graphics device (Failed to get a WebGPU adapter: No supported adapters); it needs a driver for Vulkan, Direct3D 12 or Metal',
  );
});

test('a build without WebGPU', () => {
  expect(explainGraphicsFailure('no available backend found. ERR: [webgpu] backend not found.')).toMatch(
    /^the build of ONNX Runtime for \w+\/\w+ cannot use graphics devices$/,
  );
});
