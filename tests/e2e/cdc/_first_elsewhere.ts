/** Passes the first connection on to one server and all others to another. */
export class FirstElsewhere implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  constructor(first: number, others: number) {
    this.#serve(first, others);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async #serve(first: number, others: number): Promise<void> {
    let port = first;
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      port = others;
      client.readable.pipeTo(server.writable).catch(() => {});
      server.readable.pipeTo(client.writable).catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}
