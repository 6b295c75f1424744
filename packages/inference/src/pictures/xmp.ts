import { DOMParser, Node, onWarningStopParsing, XMLSerializer, type Document } from '@xmldom/xmldom';

/** What is in a packet of XMP whatever it describes: its elements, and its languages and prefixes. */
const frameworks = new Set([
  'adobe:ns:meta/',
  'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  'http://www.w3.org/XML/1998/namespace',
  'http://www.w3.org/2000/xmlns/',
]);
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

/**
 * The XMP of a photograph as that of pictures made from it, which are upright and of other pixels: what
 * people say of the photograph, and nothing else.
 *
 * @returns undefined where there is nothing of the kind, or the XMP is damaged
 */
export function describingXmp(xmp: Uint8Array | undefined): Uint8Array | undefined {
  const packet = xmp && parsePacket(xmp);
  if (!packet) return undefined;
  let isDescribed = false;
  const isKept = ({ nodeType, namespaceURI: namespace, localName }: Node): boolean => {
    // Text, and attributes without a prefix, which belong to their element.
    if (namespace === null) return nodeType !== Node.ELEMENT_NODE;
    if (frameworks.has(namespace)) return true;
    const describes = descriptions.has(namespace) && !ofPixels.has(localName ?? '');
    isDescribed ||= describes;
    return describes;
  };
  const kept = new XMLSerializer().serializeToString(packet, {
    nodeFilter: (node) => (isKept(node) ? node : undefined),
  });
  return isDescribed ? Buffer.from(kept) : undefined;
}

/** @returns undefined where it is no well-formed XML, or has a document type, which may define entities. */
function parsePacket(xmp: Uint8Array): Document | undefined {
  // Some programs end it like a string of C.
  const text = new TextDecoder().decode(xmp).split('\0', 1)[0]!;
  try {
    const packet = new DOMParser({ onError: onWarningStopParsing }).parseFromString(text, 'text/xml');
    return packet.doctype ? undefined : packet;
  } catch {
    return undefined;
  }
}
