/* eslint-disable-next-line no-undef -- a CommonJS module, as those in whose place it stands */
module.exports = {};
