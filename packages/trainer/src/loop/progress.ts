const barCharacters = 24;
const secondsBetweenPlainLines = 20;

/** Shows how far a run is: a bar on a terminal, now and then a line elsewhere. */
export class Progress {
  readonly #steps: number;
  readonly #firstStep: number;
  readonly #stream: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  #lastLineAt = -Infinity;

  /** @param firstStep steps that were done before this session. */
  constructor(steps: number, firstStep: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#steps = steps;
    this.#firstStep = firstStep;
    this.#stream = stream;
  }

  /** @param figures what to show beside the bar, such as `loss 0.021`. */
  update(step: number, figures: string): void {
    const share = step / this.#steps;
    const elapsedSeconds = (performance.now() - this.#startedAt) / 1000;
    const remainingSeconds = (elapsedSeconds / Math.max(1, step - this.#firstStep)) * (this.#steps - step);
    const state = `step ${step}/${this.#steps}  ${figures}  ${formatDuration(remainingSeconds)} left`;
    if (this.#stream.isTTY) {
      const full = Math.round(share * barCharacters);
      this.#stream.write(`\r\u001b[K${'█'.repeat(full)}${'░'.repeat(barCharacters - full)} ${state}`);
    } else if (step === this.#steps || elapsedSeconds - this.#lastLineAt >= secondsBetweenPlainLines) {
      this.#lastLineAt = elapsedSeconds;
      this.#stream.write(`${state}\n`);
    }
  }

  /** A line of its own, above the bar. */
  line(message: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\u001b[K${message}\n` : `${message}\n`);
  }
}

/** Shows nothing. */
export const silentProgress: Pick<Progress, 'update' | 'line'> = { update: () => {}, line: () => {} };

/** Such as `2 h 5 min`, `3 min 20 s`, `12 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
