import { expect, test } from '@jest/globals';
import { packetOf } from './xmp-packet.test-tool.js';
import { describingXmp } from './xmp.js';

const described = (text: string): string | undefined => {
  const xmp = describingXmp(Buffer.from(text));
  return xmp && Buffer.from(xmp).toString();
};

const title = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Grüße &lt;3</rdf:li></rdf:Alt></dc:title>';
const keywords = '<dc:subject><rdf:Bag><rdf:li>night</rdf:li><rdf:li>tram</rdf:li></rdf:Bag></dc:subject>';

test('what people say of a photograph stays', () => {
  const packet = packetOf(' photoshop:Credit="A &amp; B" xmp:Rating="4"', `${title}${keywords}`);
  expect(described(packet)).toBe(packet);
  expect(
    described(packetOf("\n  photoshop:Credit='A &amp; B'\n  xmp:Rating = '4' ", `${title}${keywords}`)),
  ).toBe(packet);
});

test('a packet may end like a string of C', () => {
  expect(described(`${packetOf('', title)}\0`)).toBe(packetOf('', title));
});

test('what is about its file or its pixels goes: how it is turned, how large it is, what lies beside it', () => {
  const container =
    '<Container:Directory><rdf:Seq><rdf:li><Container:Item dc:format="video"/></rdf:li></rdf:Seq></Container:Directory>';
  const kept = packetOf(' photoshop:Credit="A"', `${title}${keywords}`);
  expect(
    described(
      packetOf(
        ` tiff:Orientation="6" photoshop:Credit="A" exif:PixelXDimension='24' photoshop:ICCProfile="P3"`,
        `<tiff:ImageWidth>24</tiff:ImageWidth>${title}${container}<tiff:Make/>${keywords}<xmp:Thumbnails><rdf:Alt><rdf:li>/9j/</rdf:li></rdf:Alt></xmp:Thumbnails>`,
      ),
    ),
  ).toBe(kept);
});

test('prefixes are told by their namespaces', () => {
  const packet = packetOf(' xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="6"', title);
  expect(described(packet)).toBe(packetOf(' xmlns:t="http://ns.adobe.com/tiff/1.0/"', title));
  const redefined = '<dc:title xmlns:dc="http://ns.adobe.com/tiff/1.0/">6</dc:title>';
  const unprefixed = '<Orientation xmlns="http://ns.adobe.com/tiff/1.0/">6</Orientation>';
  expect(described(packetOf('', `${redefined}${title}${unprefixed}`))).toBe(packetOf('', title));
});

test.each([
  ['says nothing of the photograph', packetOf(' tiff:Orientation="6"')],
  ['is empty', ''],
  ['is none', '\u0000\u0001 <'],
  ['is cut short', packetOf('', title).slice(0, -60)],
  ['closes another element than it opened', packetOf('', `<dc:title>${title}</dc:subject>`)],
  ['uses a prefix of no namespace', packetOf('', `${title}<unknown:b/>`)],
  ['names a character that there is not', packetOf('', `${title}<dc:rights>&lol;</dc:rights>`)],
  ['does not close its quotes', packetOf(' photoshop:Credit="A', title)],
  ['has a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${packetOf('', title)}`],
])('there is none where it %s', (_, text) => {
  expect(described(text)).toBeUndefined();
});

test('what is made to take long does not', () => {
  const start = performance.now();
  for (const text of ['<dc:a "'.repeat(1e5), '<dc:a>'.repeat(1e5), '<!--'.repeat(1e5)]) {
    expect(described(text)).toBeUndefined();
  }
  const many = 1e4;
  const others = '<tiff:Make/>'.repeat(many);
  const named = Array.from({ length: many }, (_, i) => ` tiff:Name${i}=""`).join('');
  expect(described(packetOf(named, `${others}${title}`))).toBe(packetOf('', title));
  const nested = packetOf('', `${'<dc:title>'.repeat(many)}tram${'</dc:title>'.repeat(many)}`);
  expect(described(nested) === nested).toBe(true);
  expect(performance.now() - start).toBeLessThan(2000);
});
