/** How engines and browsers say that memory is short. */
const shortage =
  /bad_alloc|out of memory|memory access out of bounds|allocation (failed|size overflow)|could not allocate|enlarge memory|memoryBudgetBytes/i;

/** How browsers say that a part of the page is not there any more: later versions have other parts. */
const partMissing = /dynamically imported module|importing a module script failed/i;

/**
 * What people are told of a failure: its message, or where memory was short or a part of the page is missing,
 * that and what they can do.
 */
export function failureMessage(cause: unknown): string {
  const { message } = cause as Error;
  if (partMissing.test(message)) {
    return 'A part of this page could not be loaded. Check the connection, and load the page again: there may be a new version.';
  }
  return shortage.test(message)
    ? 'This browser did not provide enough memory. Choose a smaller size, or close other pages and try again.'
    : message;
}
