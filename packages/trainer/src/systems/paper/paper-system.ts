import { paperFamily } from '@unblur/core-model';
import type { SystemDefinition } from '../../run-file/run-file.js';
import { changeSampleRunPaths } from '../samples/sample-run.js';
import { openSampleSystem } from '../samples/sample-system.js';
import { paperRunField } from './paper-run.js';
import type { PaperRun } from './paper-run.js';
import { paperContents, paperTask } from './paper-task.js';

/** The network of Argaw et al. 2021 with its losses: one objective, all weights at one learning rate. */
export const paperDefinition: SystemDefinition<PaperRun> = {
  field: paperRunField,
  changePaths: changeSampleRunPaths,
  open: (run) => {
    const { network, loss, steps, batchSize, data, validation } = run;
    const task = paperTask(network, loss, {
      batchSize,
      sizePixels: data.sizePixels,
      validationSizePixels: validation.sizePixels,
    });
    return openSampleSystem(run, {
      family: paperFamily,
      network,
      stages: [{ steps, task, contents: paperContents(network, loss) }],
    });
  },
};
