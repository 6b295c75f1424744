/**
 * Characters that a terminal obeys instead of showing, those that turn the direction of writing, and line
 * ends of every kind.
 */
// eslint-disable-next-line no-control-regex -- those are what it is about
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text, such as one with a file's name in it, with control characters as `\x1b` or `\u202e`: names cannot
 * move the cursor, colour the terminal or add lines.
 */
export function escapeControlCharacters(text: string): string {
  return text.replace(controlCharacters, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** JSON whose texts have no control characters, as escapes that JSON knows. */
export function escapeJson(json: string): string {
  return json.replace(controlCharacters, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
