/** Real blurred photographs, from the GoPro dataset (CC BY 4.0); see examples/CREDITS.md. */
export const examples = [
  {
    name: 'square',
    title: 'People crossing a square',
    url: new URL('../../../../examples/square.jpg', import.meta.url).href,
  },
  {
    name: 'crossing',
    title: 'A street crossing',
    url: new URL('../../../../examples/crossing.jpg', import.meta.url).href,
  },
  {
    name: 'banners',
    title: 'Banners along a street',
    url: new URL('../../../../examples/banners.jpg', import.meta.url).href,
  },
] as const;
