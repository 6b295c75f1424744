/** How engines and browsers say that memory is short. */
const shortage =
  /bad_alloc|out of memory|memory access out of bounds|allocation (failed|size overflow)|could not allocate|enlarge memory|memoryBudgetBytes/i;

/** What people are told of a failure: its message, or where memory was short, that and what they can do. */
export function failureMessage(cause: unknown): string {
  const { message } = cause as Error;
  return shortage.test(message)
    ? 'The memory that this browser gives was not enough. Choose a smaller size, or close other pages and try again.'
    : message;
}
