/** What a sample outside the image sees: the nearest edge pixel, or nothing. */
export type SamplePadding = 'border' | 'zeros';
