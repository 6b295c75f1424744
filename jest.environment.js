import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's environment for Node, with an ordinary global object. The one that Jest makes asks JavaScript at
 * each use of a global: `Math.max` in a loop takes eighty times as long, a convolution twice as long.
 */
export default class OrdinaryGlobalEnvironment extends TestEnvironment {
  constructor(...options) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...options);
    } finally {
      vm.createContext = createContext;
    }
    if (this.context !== this.global) {
      throw new Error('jest-environment-node no longer takes its context from vm.createContext.');
    }
  }
}
