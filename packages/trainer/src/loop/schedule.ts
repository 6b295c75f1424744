export type ScheduleConfig = StepSchedule | CosineSchedule;

/**
 * The learning rate falls by a factor at given shares of the run. The paper: 0.5 at epochs 40 and 60 of 80,
 * which is `at: [0.5, 0.75]`.
 */
export interface StepSchedule {
  kind: 'step';
  /** Shares of the run, ascending, each in (0, 1). */
  at: number[];
  factor: number;
  /** Steps over which the learning rate rises linearly from nothing. */
  warmupSteps: number;
}

/**
 * The learning rate follows half a cosine from its full value to a share of it (Loshchilov and Hutter 2017,
 * without restarts).
 */
export interface CosineSchedule {
  kind: 'cosine';
  /** Share of the learning rate that the last step has. */
  finalShare: number;
  warmupSteps: number;
}

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
