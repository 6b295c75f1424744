import { element } from '../page-elements.js';

/**
 * Says at the foot of the page, beside the choice of an engine, what computed last: it matters to few.
 *
 * @param reason why it was not WebGPU, where nobody chose.
 */
export function tellEngine({
  description,
  reason,
}: {
  description: string;
  reason?: string | undefined;
}): void {
  element('engine-note', HTMLElement).textContent =
    `Last: ${[description, reason].filter(Boolean).join('; ')}.`;
}
