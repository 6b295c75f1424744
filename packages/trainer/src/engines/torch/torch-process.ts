import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTemporaryFolder, removeTemporary } from '@unblur/files';
import { TorchConnection } from './torch-connection.js';
import { requireTorch, torchEnvironment } from './torch-program.js';

export interface TorchProcesses {
  /** One per process, by rank. */
  connections: TorchConnection[];
  stop(): Promise<void>;
}

/**
 * Starts the Python program, once for each process, and waits until all have called back.
 *
 * @throws if there is no interpreter with torch, or a process ends before it has called back.
 */
export async function startTorchProcesses(processes: number, threads: number): Promise<TorchProcesses> {
  const python = requireTorch();
  // The processes find this one at a socket and each other through a file.
  const folder = makeTemporaryFolder(tmpdir());
  const address = join(folder, 'socket');
  const server = createServer();
  try {
    await new Promise<void>((resolve) => server.listen(address, resolve));
    const ends = Array.from({ length: processes }, (_, rank) => {
      const env = {
        ...torchEnvironment(threads),
        RANK: String(rank),
        LOCAL_RANK: String(rank),
        WORLD_SIZE: String(processes),
      };
      // In a process group of its own: a Ctrl-C is for the loop, which ends these processes when it is done.
      const child = spawn(python, ['-m', 'unblur_torch', address, join(folder, 'rendezvous')], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env,
        detached: true,
      });
      return new Promise<void>((resolve) => child.once('close', () => resolve()));
    });
    const connections = await Promise.race([
      acceptAll(server, processes),
      Promise.race(ends).then((): never => {
        throw new Error('A torch process ended early; its output is above.');
      }),
    ]);
    return {
      connections,
      stop: async () => {
        for (const connection of connections) connection.close();
        await Promise.all(ends);
        await removeTemporary(folder);
      },
    };
  } catch (error) {
    await removeTemporary(folder);
    throw error;
  } finally {
    server.close();
  }
}

async function acceptAll(server: ReturnType<typeof createServer>, count: number): Promise<TorchConnection[]> {
  const byRank: TorchConnection[] = [];
  await new Promise<void>((resolve, reject) => {
    let known = 0;
    server.on('connection', (socket) => {
      const connection = new TorchConnection(socket);
      connection.greeting().then(({ rank }) => {
        byRank[rank] = connection;
        if (++known === count) resolve();
      }, reject);
    });
  });
  return byRank;
}
