import { buildIfStale } from '../../scripts/build.js';

/**
 * The tests start the real command, which runs on compiled packages: compile them once, before several tests
 * would.
 */
export default () => buildIfStale(() => {});
