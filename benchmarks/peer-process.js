import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { usageOfTree } from './process-tree.js';

/**
 * Starts a program that runs something once for every line on its standard input, and waits until it has
 * warmed up. Its first line of output is a JSON object that says what it is; each further one is
 * `{"milliseconds": ...}` of one run.
 *
 * @param {Record<string, string>} environment beside that of this process
 * @returns what the peer says of itself, a function that times one run, one that says how much memory it took
 * at most, and one that ends it
 */
export async function startPeer(program, commandLine, environment = {}) {
  const child = spawn(program, commandLine, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  // A peer that has died shows in the reply that does not come.
  child.stdin.on('error', () => {});
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextReply = async () => {
    const { value, done } = await replies.next();
    if (done) throw new Error(`${program} ${commandLine[0]} ended early; what it says is above.`);
    return JSON.parse(value);
  };
  return {
    description: await nextReply(),
    /** @returns {Promise<import('./alternating.js').Timing>} */
    async time() {
      const { processorMilliseconds: before } = usageOfTree(child.pid);
      child.stdin.write('run\n');
      const { milliseconds } = await nextReply();
      return { milliseconds, processorMilliseconds: usageOfTree(child.pid).processorMilliseconds - before };
    },
    peakMemoryBytes: () => usageOfTree(child.pid).peakMemoryBytes,
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await ended;
    },
  };
}
