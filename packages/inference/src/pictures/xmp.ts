/** What is in a packet of XMP whatever it describes. */
const frameworks = new Set(['adobe:ns:meta/', 'http://www.w3.org/1999/02/22-rdf-syntax-ns#']);
/**
 * Namespaces of what people say of a photograph: title, keywords, author, rights, place, rating. All others
 * are about its file or its pixels, such as how they are to be turned and where in them faces are.
 */
const descriptions = new Set([
  'http://purl.org/dc/elements/1.1/',
  'http://ns.adobe.com/xap/1.0/',
  'http://ns.adobe.com/xap/1.0/rights/',
  'http://ns.adobe.com/photoshop/1.0/',
  'http://ns.adobe.com/lightroom/1.0/',
  'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/',
  'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  'http://ns.useplus.org/ldf/xmp/1.0/',
]);
/** Of these, what is about pixels all the same. */
const ofPixels = new Set(['Thumbnails', 'ImageRegion', 'ICCProfile', 'ColorMode']);

const token = /<\?[^]*?\?>|<!--[^]*?-->|<(\/?)([\w.:-]+)((?:[^<>"']|"[^"<]*"|'[^'<]*')*?)(\/?)>|[^<]+/y;
const attribute = /\s+([\w.:-]+)\s*=\s*("[^"]*"|'[^']*')/g;

/**
 * The XMP of a photograph as that of pictures made from it, which are upright and of other pixels: what
 * people say of the photograph, and nothing else.
 *
 * @returns undefined where there is nothing of the kind, or the XMP is damaged
 */
export function describingXmp(xmp: Uint8Array | undefined): Uint8Array | undefined {
  if (!xmp) return undefined;
  const text = Buffer.from(xmp).toString();
  const namespaces = new Map<string, string>();
  for (const [, prefix, namespace] of text.matchAll(/\sxmlns:([\w.-]+)\s*=\s*["']([^"'<]*)["']/g)) {
    namespaces.set(prefix!, namespace!);
  }
  let describes = false;
  const isKept = (name: string): boolean => {
    const [prefix, property] = name.split(':') as [string, string?];
    if (property === undefined || prefix === 'xmlns' || prefix === 'xml') return true;
    const namespace = namespaces.get(prefix) ?? '';
    if (frameworks.has(namespace)) return true;
    if (!descriptions.has(namespace) || ofPixels.has(property)) return false;
    describes = true;
    return true;
  };

  let kept = '';
  let depth = 0;
  /** How deep the element lies that is being left out. */
  let leftOutFrom = Infinity;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const [whole, closes, name, attributes, isEmpty] = token.exec(text) ?? [];
    if (whole === undefined) return undefined;
    if (name === undefined) {
      if (depth < leftOutFrom) kept += whole;
    } else if (closes) {
      if (depth < leftOutFrom) kept += whole;
      else if (depth === leftOutFrom) leftOutFrom = Infinity;
      depth--;
    } else {
      depth++;
      if (depth < leftOutFrom && !isKept(name)) leftOutFrom = depth;
      if (depth < leftOutFrom) {
        const own = attributes!.replace(attribute, (whole, name: string) => (isKept(name) ? whole : ''));
        kept += `<${name}${own}${isEmpty}>`;
      }
      if (isEmpty) {
        if (depth === leftOutFrom) leftOutFrom = Infinity;
        depth--;
      }
    }
  }
  return describes && depth === 0 ? Buffer.from(kept) : undefined;
}
