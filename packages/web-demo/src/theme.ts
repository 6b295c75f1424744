const storageKey = 'unblur-theme';

/** Lets a button change between light and dark; the choice stays, and without one the system decides. */
export function listenToTheme(button: HTMLButtonElement): void {
  const root = document.documentElement;
  const isDark = () =>
    (root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) ===
    'dark';
  const describe = () =>
    button.setAttribute('aria-label', `Change to ${isDark() ? 'light' : 'dark'} colours`);
  const kept = readKept();
  if (kept) root.dataset['theme'] = kept;
  describe();
  button.addEventListener('click', () => {
    root.dataset['theme'] = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem(storageKey, root.dataset['theme']);
    } catch {
      // Where nothing may be stored, the choice lasts as long as the page.
    }
    describe();
  });
}

function readKept(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}
