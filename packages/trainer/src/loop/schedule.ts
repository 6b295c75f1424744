import type { ScheduleConfig } from '../run-file/fields.js';

/**
 * The factor that the schedule puts on the learning rate.
 *
 * @param step counts from 1.
 * @param steps of the whole run.
 */
export function scheduleFactor(schedule: ScheduleConfig, step: number, steps: number): number {
  if (step < schedule.warmupSteps) return step / schedule.warmupSteps;
  switch (schedule.kind) {
    case 'step':
      return schedule.factor ** schedule.at.filter((share) => step > share * steps).length;
    case 'cosine': {
      const progress = Math.min((step - schedule.warmupSteps) / Math.max(1, steps - schedule.warmupSteps), 1);
      return schedule.finalShare + (1 - schedule.finalShare) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
  }
}
