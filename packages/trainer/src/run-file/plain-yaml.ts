import { Lexer, Parser, parseDocument } from 'yaml';

/** Far above what a run file needs; the YAML library takes a long time over much longer texts. */
const maxCharacters = 50_000;
/**
 * Open collections, of which a level of nesting counts as one or two. The library recurses once a level, and
 * a full stack can end the process.
 */
const maxOpenCollections = 100;

/**
 * A YAML text as plain data: mappings, lists, texts, numbers, true, false and null.
 *
 * @throws Error in one line: too long, nested too deeply, no YAML, a value that refers to itself, or one of
 * another type, such as a `!!set`.
 */
export function parsePlainYaml(text: string): unknown {
  if (text.length > maxCharacters) {
    throw new Error(`Expected at most ${maxCharacters} characters of YAML but received ${text.length}.`);
  }
  expectShallow(text);
  const document = parseDocument(text, { logLevel: 'silent', prettyErrors: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    throw new Error(
      `Expected YAML but it cannot be read: ${problem.message.split('\n')[0]!.replace(/:$/, '')}.`,
    );
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    throw new Error(
      'Expected YAML of moderate size but its aliases (*name) repeat too much of it, or name something that does not exist.',
      { cause },
    );
  }
  expectPlain(value, []);
  return value;
}

function expectShallow(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _document of parser.next(lexeme));
    if (parser.stack.length > maxOpenCollections) {
      throw new Error('Expected YAML but it is nested too deeply.');
    }
  }
}

/** @param parents mappings and lists that the value lies in. */
function expectPlain(value: unknown, parents: object[]): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'bigint' || typeof value === 'symbol') {
      throw new Error(`Expected numbers and texts in YAML but received a ${typeof value}.`);
    }
    return;
  }
  if (parents.includes(value)) {
    throw new Error('Expected YAML that is a tree but a value in it contains itself.');
  }
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Error(
      `Expected only mappings, lists, texts, numbers, true, false and null in YAML but received a ${value.constructor.name}.`,
    );
  }
  parents.push(value);
  for (const part of Object.values(value)) expectPlain(part, parents);
  parents.pop();
}
