import { expect, test } from '@jest/globals';
import { packetOf } from './xmp-packet.test-tool.js';
import { describingXmp } from './xmp.js';

const described = (text: string): string | undefined => {
  const xmp = describingXmp(Buffer.from(text));
  return xmp && Buffer.from(xmp).toString();
};

const title = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Grüße > &lt;3</rdf:li></rdf:Alt></dc:title>';
const keywords = '<dc:subject><rdf:Bag><rdf:li>night</rdf:li><rdf:li>tram</rdf:li></rdf:Bag></dc:subject>';

test('what people say of a photograph stays, byte for byte', () => {
  const packet = packetOf('\n    photoshop:Credit="A &amp; B"\n    xmp:Rating=\'4\'', `${title}${keywords}`);
  expect(described(packet)).toBe(packet);
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
});

test.each([
  ['says nothing of the photograph', packetOf(' tiff:Orientation="6"')],
  ['is empty', ''],
  ['is none', '\u0000\u0001 <'],
  ['is cut short', packetOf('', title).slice(0, -60)],
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
  expect(performance.now() - start).toBeLessThan(2000);
});
