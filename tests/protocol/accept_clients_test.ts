import { assertEquals } from "@std/assert";
import { acceptClients } from "../../lib/protocol/accept_clients.ts";

Deno.test("clients are accepted again after a failure, which is told once", async () => {
  const failure = (): Promise<never> => Promise.reject(new Error("Too many open files"));
  const client = (id: number): () => Promise<Deno.Conn> => () =>
    Promise.resolve({ id } as unknown as Deno.Conn);
  const steps = [
    client(1),
    failure,
    failure,
    client(2),
    failure,
    client(3),
    () => Promise.reject(new Deno.errors.BadResource("Listener has been closed")),
  ];
  const clients: unknown[] = [];
  const told: string[] = [];
  await acceptClients(
    { accept: () => steps.shift()!() },
    (conn) => clients.push((conn as unknown as { id: number }).id),
    (reason) => told.push(reason),
  );
  assertEquals(clients, [1, 2, 3]);
  assertEquals(told, ["Too many open files", "Too many open files"]);
});
