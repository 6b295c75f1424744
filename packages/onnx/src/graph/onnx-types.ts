import type { ElementType } from './graph.js';
import { TensorProto_DataType } from './onnx_pb.js';

/** What `.onnx` files call the types of elements. */
export const onnxTypes: Record<ElementType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
  int8: TensorProto_DataType.INT8,
  uint8: TensorProto_DataType.UINT8,
};
