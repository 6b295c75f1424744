/** How engines and browsers say that memory is short. */
const shortage =
  /bad_alloc|out of memory|memory access out of bounds|allocation (failed|size overflow)|could not allocate|enlarge memory|memoryBudgetBytes/i;

/** An error as it is, or where memory was short, one that says so to people and what they can do. */
export function explainShortage(cause: Error): Error {
  if (!shortage.test(cause.message)) return cause;
  return new Error(
    'The memory that this browser gives was not enough. Choose a smaller size, or close other pages and try again.',
    { cause },
  );
}
