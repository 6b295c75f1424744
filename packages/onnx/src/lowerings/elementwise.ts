import type { DataType } from '@tensorflow/tfjs-core';
import type { Attribute, ElementType, Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import { channelsFirstShape, chooseLayout, elementType, fromCompact, fromLayout } from '../traced-tensor.js';
import type { TracedTensor } from '../traced-tensor.js';
import { lowering } from './lowering.js';
import type { Lowering } from './lowering.js';

/**
 * Applies an element-by-element operation to tensors that broadcast together, in the layout that they lie in.
 * The operation sees values that broadcast; if they are all smaller than the result, so is the value that is
 * kept.
 */
export function applyElementwise(
  tensors: readonly TracedTensor[],
  operation: (...values: Value[]) => Value,
): TracedTensor {
  const shape = onnx.broadcastShape(tensors.map((tensor) => tensor.shape));
  const onlyCompact = tensors.every((tensor) => tensor.compact);
  const layout = onlyCompact ? 'plain' : chooseLayout(tensors, shape.length);
  const result = operation(...tensors.map((tensor) => tensor.operand(layout, shape.length)));
  const storedShape = layout === 'plain' ? shape : channelsFirstShape(shape);
  if (onnx.sameShape(result.shape, storedShape)) return fromLayout(result, layout);
  return layout === 'plain'
    ? fromCompact(result, shape)
    : fromLayout(onnx.expand(result, storedShape), layout);
}

const unary = (operation: (x: Value) => Value): Lowering =>
  lowering<'x'>(({ inputs: { x } }) => applyElementwise([x], operation));

const unaryWith = <Attributes>(operation: (x: Value, attrs: Attributes) => Value): Lowering =>
  lowering<'x', Attributes>(({ inputs: { x }, attrs }) =>
    applyElementwise([x], (value) => operation(value, attrs)),
  );

const binary = (operation: (a: Value, b: Value) => Value): Lowering =>
  lowering<'a' | 'b'>(({ inputs: { a, b } }) => applyElementwise([a, b], operation));

const named =
  (operator: string, attributes: Record<string, Attribute> = {}) =>
  (...values: Value[]) =>
    onnx.elementwise(operator, values, attributes);

const compared = (operator: string) => (a: Value, b: Value) => onnx.elementwise(operator, [a, b], {}, 'bool');

const likeScalar = (x: Value, value: number): Value => x.graph.scalar(value, x.type);

/** log(1 + x) without the loss of digits near 0: log(u) x / (u - 1) with u = 1 + x (Kahan). */
function logOfOnePlus(x: Value): Value {
  const one = likeScalar(x, 1);
  const u = onnx.add(x, one);
  const exact = onnx.elementwise('Equal', [u, one], {}, 'bool');
  const difference = onnx.where(exact, one, onnx.subtract(u, one));
  return onnx.where(exact, x, onnx.divide(onnx.multiply(named('Log')(u), x), difference));
}

/** exp(x) - 1 without the loss of digits near 0: tanh(x / 2) (exp(x) + 1). */
function exponentialMinusOne(x: Value): Value {
  return onnx.multiply(
    named('Tanh')(onnx.multiply(x, likeScalar(x, 0.5))),
    onnx.add(named('Exp')(x), likeScalar(x, 1)),
  );
}

/** 1 where x > 0, alpha elsewhere. */
function step(x: Value, alpha: number): Value {
  const positive = isPositive(x);
  return alpha === 0
    ? onnx.cast(positive, x.type)
    : onnx.where(positive, likeScalar(x, 1), likeScalar(x, alpha));
}

/**
 * TensorFlow.js writes the gradient of a leaky ReLU as `where(x > 0, dy, dy * alpha)`. Recognized, it becomes
 * `dy * clip(huge * x, alpha, 1)`, which is faster; only an x below 1e-38 gets a slope between the two.
 */
function leakyGradient(condition: Value, then: Value, otherwise: Value): Value | undefined {
  const [compared, scaled] = [condition.producer, otherwise.producer];
  if (
    compared?.operator !== 'Greater' ||
    !onnx.isUniform(compared.inputs[1], 0) ||
    scaled?.operator !== 'Mul' ||
    scaled.inputs[0] !== then
  ) {
    return undefined;
  }
  const alpha = scaled.inputs[1]!.data?.length === 1 ? Number(scaled.inputs[1]!.data[0]) : NaN;
  const x = compared.inputs[0]!;
  if (!(alpha >= 0 && alpha <= 1) || x.type !== 'float32' || !onnx.sameShape(x.shape, then.shape)) {
    return undefined;
  }
  return onnx.multiply(then, onnx.clip(onnx.multiply(x, likeScalar(x, 1e38)), alpha, 1));
}

function isPositive(x: Value): Value {
  return onnx.elementwise('Greater', [x, likeScalar(x, 0)], {}, 'bool');
}

function floorDivide(a: Value, b: Value): Value {
  if (a.type === 'float32') return named('Floor')(onnx.divide(a, b));
  return onnx.cast(named('Floor')(onnx.divide(onnx.cast(a, 'float32'), onnx.cast(b, 'float32'))), a.type);
}

/** Remainder with the sign of the divisor, as in Python. */
function modulo(a: Value, b: Value): Value {
  if (a.type !== 'float32') return named('Mod')(a, b);
  return onnx.subtract(a, onnx.multiply(floorDivide(a, b), b));
}

function toType(x: Value, dtype: DataType): Value {
  return onnx.cast(x, elementType(dtype));
}

const as =
  (type: ElementType, operation: (x: Value) => Value) =>
  (x: Value): Value =>
    onnx.cast(operation(onnx.cast(x, type)), x.type);

export const elementwiseLowerings: Record<string, Lowering> = {
  Abs: unary(named('Abs')),
  Acos: unary(named('Acos')),
  Acosh: unary(named('Acosh')),
  Asin: unary(named('Asin')),
  Asinh: unary(named('Asinh')),
  Atan: unary(named('Atan')),
  Atanh: unary(named('Atanh')),
  Ceil: unary(named('Ceil')),
  Cos: unary(named('Cos')),
  Cosh: unary(named('Cosh')),
  Elu: unary(named('Elu')),
  Erf: unary(named('Erf')),
  Exp: unary(named('Exp')),
  Expm1: unary(exponentialMinusOne),
  Floor: unary(named('Floor')),
  Log: unary(named('Log')),
  Log1p: unary(logOfOnePlus),
  LogicalNot: unary(named('Not')),
  Neg: unary(named('Neg')),
  Reciprocal: unary(named('Reciprocal')),
  Relu: unary(as('float32', named('Relu'))),
  Relu6: unary((x) => onnx.clip(x, 0, 6)),
  Round: unary(named('Round')),
  Rsqrt: unary((x) => named('Reciprocal')(named('Sqrt')(x))),
  Selu: unary(named('Selu')),
  Sigmoid: unary(named('Sigmoid')),
  Sign: unary(named('Sign')),
  Sin: unary(named('Sin')),
  Sinh: unary(named('Sinh')),
  Softplus: unary(named('Softplus')),
  Sqrt: unary(named('Sqrt')),
  Square: unary((x) => onnx.multiply(x, x)),
  Tan: unary(named('Tan')),
  Tanh: unary(named('Tanh')),

  Cast: unaryWith<{ dtype: DataType }>((x, { dtype }) => toType(x, dtype)),
  ClipByValue: unaryWith<{ clipValueMin: number; clipValueMax: number }>(
    (x, { clipValueMin, clipValueMax }) => onnx.clip(x, clipValueMin, clipValueMax),
  ),
  LeakyRelu: unaryWith<{ alpha: number }>((x, { alpha }) => onnx.leakyRelu(x, alpha)),
  Step: unaryWith<{ alpha?: number }>((x, { alpha = 0 }) => step(x, alpha)),

  Add: binary(onnx.add),
  Sub: binary(onnx.subtract),
  Multiply: binary(onnx.multiply),
  RealDiv: binary(onnx.divide),
  FloorDiv: binary(floorDivide),
  Mod: binary(modulo),
  Maximum: binary(named('Max')),
  Minimum: binary(named('Min')),
  Pow: binary(named('Pow')),
  Prelu: lowering<'x' | 'alpha'>(({ inputs: { x, alpha } }) => applyElementwise([x, alpha], named('PRelu'))),
  SquaredDifference: binary((a, b) => {
    const difference = onnx.subtract(a, b);
    return onnx.multiply(difference, difference);
  }),
  EluGrad: lowering<'dy' | 'y'>(({ inputs: { dy, y } }) =>
    // Where y < 0 the slope is exp(x) = y + 1; y = 0 gives the slope 1 too.
    applyElementwise([dy, y], (gradient, value) =>
      onnx.multiply(gradient, onnx.add(named('Min')(value, likeScalar(value, 0)), likeScalar(value, 1))),
    ),
  ),

  Equal: binary(compared('Equal')),
  Greater: binary(compared('Greater')),
  GreaterEqual: binary(compared('GreaterOrEqual')),
  Less: binary(compared('Less')),
  LessEqual: binary(compared('LessOrEqual')),
  LogicalAnd: binary(compared('And')),
  LogicalOr: binary(compared('Or')),
  NotEqual: binary((a, b) => named('Not')(compared('Equal')(a, b))),

  Select: lowering<'condition' | 't' | 'e'>(({ inputs: { condition, t, e } }) => {
    // A condition of rank 1 chooses whole rows.
    const rowwise = condition.rank === 1 && t.rank > 1;
    const broadcastable = rowwise
      ? fromLayout(
          onnx.reshape(condition.plain(), [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)]),
          'plain',
        )
      : condition;
    return applyElementwise(
      [broadcastable, t, e],
      (chosen, then, otherwise) =>
        leakyGradient(chosen, then, otherwise) ?? onnx.where(chosen, then, otherwise),
    );
  }),

  AddN: lowering(({ inputs }) =>
    applyElementwise(Object.values(inputs), (...values) => values.reduce(onnx.add)),
  ),
};
