import { readSafetensors, writeSafetensors } from '@unblur/core-model';
import type { SafetensorsTensor } from '@unblur/core-model';
import type { Socket } from 'node:net';

const lengthBytes = 8;

export type Tensors = Record<string, SafetensorsTensor>;

export interface Reply {
  reply: Record<string, unknown>;
  tensors: Tensors;
}

/**
 * Commands to one torch process and its replies, in order. A message is its length in eight bytes and a
 * `.safetensors` file: tensors, and JSON in the metadata.
 */
export class TorchConnection {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #byteLength = 0;
  readonly #waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  readonly #greeting: Promise<Reply>;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('close', () =>
      this.#fail(new Error('The torch process ended in the middle of its work; its output is above.')),
    );
    socket.on('error', (error) => this.#fail(error));
    this.#greeting = this.#nextReply();
  }

  /** What the process says of itself. */
  async greeting(): Promise<{ rank: number; device: string; torch: string }> {
    return (await this.#greeting).reply as { rank: number; device: string; torch: string };
  }

  /** @throws what the process throws. */
  async ask(command: string, settings: Record<string, unknown> = {}, tensors: Tensors = {}): Promise<Reply> {
    const message = writeSafetensors({ tensors, metadata: { command, settings: JSON.stringify(settings) } });
    const length = Buffer.alloc(lengthBytes);
    length.writeBigUInt64LE(BigInt(message.byteLength));
    this.#socket.write(length);
    this.#socket.write(message);
    const answer = await this.#nextReply();
    if (typeof answer.reply['error'] === 'string') throw new Error(answer.reply['error']);
    return answer;
  }

  close(): void {
    this.#socket.end();
  }

  #nextReply(): Promise<Reply> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#byteLength += chunk.byteLength;
    while (this.#byteLength >= lengthBytes) {
      const first = this.#chunks[0]!.byteLength >= lengthBytes ? this.#chunks[0]! : this.#join();
      const end = lengthBytes + Number(first.readBigUInt64LE());
      if (this.#byteLength < end) return;
      const bytes = this.#join();
      // A copy, so that tensors start where their numbers may start in memory.
      const message = new Uint8Array(bytes.subarray(lengthBytes, end));
      this.#chunks = [bytes.subarray(end)];
      this.#byteLength -= end;
      const { tensors, metadata } = readSafetensors(message);
      this.#waiting
        .shift()
        ?.resolve({ reply: JSON.parse(metadata['reply'] ?? '{}') as Record<string, unknown>, tensors });
    }
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
