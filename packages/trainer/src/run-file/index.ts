/** How run files are read, for other files that are written like them. */
export { positive, wholeNumber } from './fields.js';
export { parsePlainYaml } from './plain-yaml.js';
export { readRunFile, withChanges, type RunChanges } from './run-file.js';
export {
  boolean,
  checked,
  expectKnownKeys,
  join,
  list,
  number,
  oneOf,
  optional,
  readMapping,
  section,
  text,
  withDefault,
  type Field,
} from './schema.js';
export { dataField } from './sources.js';
