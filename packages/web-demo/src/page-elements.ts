/** The element of the page with that id. @throws when the page has none of that type. */
export function element<Type extends Element>(id: string, type: abstract new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`Expected the page to have a ${type.name} with the id '${id}'.`);
  }
  return found;
}

/** Scrolls up to what is said, and the picture below it, where controls further down have left it behind. */
export function scrollToStatus(): void {
  element('status', HTMLElement).scrollIntoView({ block: 'nearest' });
}
