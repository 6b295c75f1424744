import { frameExtractionFamily, frameExtractionPresets } from '@unblur/core-model';
import type { FrameExtractionConfig } from '@unblur/core-model';
import { dataField } from '../../run-file/sources.js';
import {
  adamFields,
  expectAffordable,
  expectMultiples,
  positive,
  runFields,
  scheduleField,
} from '../../run-file/fields.js';
import { networkField } from '../../run-file/network-field.js';
import { expectOneValidationSource, sampleValidation } from '../samples/sample-run.js';
import { checked, list, oneOf, section } from '../../run-file/schema.js';
import type { Field, FieldType } from '../../run-file/schema.js';

const run = section({
  system: oneOf('frame-extraction'),
  network: networkField<FrameExtractionConfig>(
    frameExtractionPresets,
    'paper',
    frameExtractionFamily.validate,
  ),
  data: dataField,
  optimizer: section(adamFields),
  /** Of every stage. */
  schedule: scheduleField,
  /** Weight updates of each stage: the middle frame, then each pair from the middle outwards. */
  stageSteps: list(positive),
  ...runFields,
  validation: sampleValidation,
});

/** A run of the networks of Jin et al. 2018, complete. */
export type FrameExtractionRun = FieldType<typeof run>;

export const frameExtractionRunField: Field<FrameExtractionRun> = checked(
  run,
  ({ network, stageSteps, batchSize, data, validation }) => {
    expectOneValidationSource(validation);
    expectMultiples({ data, validation }, frameExtractionFamily.sizeMultiple(network));
    expectAffordable({ batchSize, data, validation }, network.frames);
    const stages = (network.frames + 1) / 2;
    if (stageSteps.length !== stages) {
      throw new Error(
        `Expected ${stages} numbers of steps for 'stageSteps', of the middle frame and of ${stages - 1} pairs, but received ${stageSteps.length}.`,
      );
    }
  },
);
