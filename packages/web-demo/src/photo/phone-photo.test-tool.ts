/**
 * A HEIC file such as phones write: 64x64 pixels of four colours in Display P3, to be turned by a quarter
 * anticlockwise when it is shown. HEVC compressed by x265.
 */
export const phonePhoto: Buffer = Buffer.from(
  [
    'AAAAGGZ0eXBoZWljAAAAAG1pZjFoZWljAAABSm1ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAAADnBp',
    'dG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABagAAAD0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAA',
    'AM5pcHJwAAAAr2lwY28AAAB3aHZjQwEECAAAAJ4oAAAAAB7wAPz/+PgAAA8DoAABABdAAQwB//8ECAAAAwCeKAAAAwAAHroCQKEA',
    'AQAqQgEBBAgAAAMAnigAAAMAAB6QBBAgst1JJlc3AQ0BBAAAAwAEAAADAGQgogABAAhEAcFyhgwCJAAAABRpc3BlAAAAAAAAAEAA',
    'AABAAAAAE2NvbHJuY2x4AAwADQAGgAAAAAlpcm90AQAAABdpcG1hAAAAAAAAAAEAAQQBAgMEAAAARW1kYXQAAAA5KAGvBrhj70z/',
    'tbX///XaV5D93hHK03q0Off36qn//peKJRv+9b1o3YWB/+ZyKnw/Phv/FP//khRA',
  ].join(''),
  'base64',
);

/**
 * A HEIC file of two pictures of 64x64 pixels: (200, 60, 40) in the left half and (40, 80, 180) in the right
 * one, both half as bright in the lower half. The first is of high dynamic range (PQ), as phones add one for
 * their screens. The second is the primary one, in Display P3, and to be turned upside down.
 */
export const twoPictures: Buffer = Buffer.from(
  [
    'AAAAGGZ0eXBoZWljAAAAAG1pZjFoZWljAAABhm1ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAAADnBpdG0AAAAA',
    'AAIAAAAsaWxvYwAAAABEAAACAAEAAAABAAABpgAAAD0AAgAAAAEAAAHjAAAAPQAAADhpaW5mAAAAAAACAAAAFWluZmUCAAAAAAEAAGh2YzEA',
    'AAAAFWluZmUCAAAAAAIAAGh2YzEAAAAA52lwcnAAAADCaXBjbwAAAHdodmNDAQQIAAAAnigAAAAAHvAA/P/4+AAADwOgAAEAF0ABDAH//wQI',
    'AAADAJ4oAAADAAAeugJAoQABACpCAQEECAAAAwCeKAAAAwAAHpAEECCy3UkmVzcBDQEEAAADAAQAAAMAZCCiAAEACEQBwXKGDAIkAAAAFGlz',
    'cGUAAAAAAAAAQAAAAEAAAAAJaXJvdAIAAAATY29scm5jbHgACQAQAAaAAAAAE2NvbHJuY2x4AAwADQAGgAAAAB1pcG1hAAAAAAAAAAIAAQMB',
    'AgQAAgQBAgMFAAAAgm1kYXQAAAA5KAGvBrhj70z/tbX///XaV5D93hHK03q0Off36qn//peKJRv+9b1o3YWB/+ZyKnw/Phv/FP//khRAAAAA',
    'OSgBrwa4Y+9M/7W1///12leQ/d4RytN6tDn39+qp//6XiiUb/vW9aN2Fgf/mcip8Pz4b/xT//5IUQA==',
  ].join(''),
  'base64',
);
