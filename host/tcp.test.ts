import { describe, expect, test } from "vitest";
import { ManualClock } from "./clock.ts";
import type { HostOptions, TcpConnection, TcpUpstream } from "./index.ts";
import { type Script, stage } from "./test/puppet.ts";

const turn = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve));
};
const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);
const watching = "\ndownstream_data body 2\nupstream_data body 3";

/** Greets, echoes every piece, says goodbye when the client has ended, or at "quit" at once. */
const greeter: TcpUpstream = async (socket) => {
  socket.write("hi\n");
  for await (const piece of socket.received) {
    if (text(piece) === "rst") socket.reset();
    if (text(piece) === "quit") socket.end();
    else socket.write(`echo ${text(piece)}`);
  }
  socket.write("bye\n");
  socket.end();
};

/** A connection on which the client does one thing after the other. */
async function converse(
  scripts: string | readonly Script[],
  steps: readonly (string | ((connection: TcpConnection) => void))[],
  options: Omit<HostOptions, "plugins"> = {},
) {
  const staged = await stage(scripts, { tcpUpstream: greeter, ...options }, "networkPlugins");
  const connection = await staged.host.openConnection();
  await turn();
  for (const step of steps) {
    if (typeof step === "string") connection.write(step);
    else step(connection);
    await turn();
  }
  return { ...staged, connection };
}

const end = (connection: TcpConnection) => connection.end();

describe("a TCP connection", () => {
  test("calls back in the order of Envoy, from context_create to delete", async () => {
    const { connection, callbacks, logs } = await converse(watching, ["one", end]);
    const { received, upstream, end: how } = await connection.finished;
    expect([text(received), text(upstream), how]).toEqual(["hi\necho onebye\n", "one", "closed"]);
    expect(callbacks()).toEqual([
      "context_create(2,1)",
      "new_connection(2)=0",
      "upstream_data(2,3,0)=0",
      "downstream_data(2,3,0)=0",
      "upstream_data(2,8,0)=0",
      "downstream_data(2,0,1)=0",
      "upstream_data(2,4,0)=0",
      "upstream_data(2,0,1)=0",
      "upstream_connection_close(2,0)",
      "downstream_connection_close(2,1)",
      "done(2)=1",
      "log(2)",
      "delete(2)",
    ]);
    expect(logs().slice(0, 3)).toEqual([
      "upstream_data body 0 hi\n",
      "downstream_data body 0 one",
      "upstream_data body 0 echo one",
    ]);
  });

  test.each<[string, (string | ((connection: TcpConnection) => void))[], number, string]>([
    ["the client's end, when upstream's came first", ["quit", end], 2, "closed"],
    ["the client's reset", [(connection) => connection.reset()], 2, "reset"],
    ["upstream's reset", ["rst"], 1, "reset"],
  ])("ends with %s", async (_name, steps, peer, how) => {
    const { connection, callbacks } = await converse("", steps);
    expect((await connection.finished).end).toBe(how);
    expect(callbacks().slice(-4)).toEqual([
      `downstream_connection_close(2,${peer})`,
      "done(2)=1",
      "log(2)",
      "delete(2)",
    ]);
  });

  test("ends at once when nobody listens", async () => {
    const { host, callbacks } = await stage("", {}, "networkPlugins");
    const connection = await host.openConnection();
    expect(await connection.finished).toEqual({ end: "closed", received: new Uint8Array(), upstream: null });
    expect(callbacks().slice(1, 3)).toEqual(["new_connection(2)=0", "downstream_connection_close(2,1)"]);
  });

  test("passes filters in order, and back in reverse", async () => {
    const { callbacks } = await converse([{ script: "" }, { script: "" }], ["one"]);
    const { logs } = await converse(
      [
        { script: "downstream_data say a\nupstream_data say a" },
        { script: "downstream_data say b\nupstream_data say b" },
      ],
      ["one"],
    );
    expect(
      callbacks()
        .slice(0, 4)
        .map((call) => call.replace(/\(.*/, "")),
    ).toEqual(["context_create", "new_connection", "context_create", "new_connection"]);
    expect(logs()).toEqual([
      "upstream_data say b",
      "upstream_data say a",
      "downstream_data say a",
      "downstream_data say b",
      "upstream_data say b",
      "upstream_data say a",
    ]);
  });

  test("has properties and filter state of its own, and no headers", async () => {
    const { logs } = await converse(
      "new_connection get upstream.address\nnew_connection get source.address\ndownstream_data get upstream.address\n" +
        "downstream_data get request.protocol\ndownstream_data get xds.cluster_name\ndownstream_data set foo bar\n" +
        "downstream_data headers 0\ndownstream_data add 0 a b\nlog get foo",
      ["one", end],
    );
    expect([...new Set(logs())]).toEqual([
      "new_connection get upstream.address 1",
      "new_connection get source.address 0 127.0.0.1:40000",
      "downstream_data get upstream.address 0 127.0.0.1:8080",
      "downstream_data get request.protocol 1",
      "downstream_data get xds.cluster_name 0 tcp_upstream",
      "downstream_data set 0",
      "downstream_data headers none",
      "downstream_data add 2",
      "log get foo 0 bar",
    ]);
  });
});

describe("a TCP filter", () => {
  test("changes bytes in both directions", async () => {
    const { connection } = await converse("downstream_data replace-body 2 X\nupstream_data$ replace-body 3 Y", [
      "one",
      end,
    ]);
    const { received, upstream } = await connection.finished;
    expect([text(received), text(upstream)]).toEqual(["hi\necho Xecho Xbye\nY", "XX"]);
  });

  test("that stops keeps what has come, and sees all of it the next time", async () => {
    const { logs } = await converse(`downstream_data return 1${watching}`, ["one", "two", end]);
    expect(logs().slice(1)).toEqual([
      "downstream_data body 0 one",
      "downstream_data body 0 onetwo",
      "downstream_data body 0 onetwo",
    ]);
    const { logs: written, connection } = await converse(`upstream_data return 1${watching}`, ["one", end]);
    expect(written()).toEqual([
      "upstream_data body 0 hi\n",
      "downstream_data body 0 one",
      "upstream_data body 0 hi\necho one",
      "downstream_data body 0 ",
      "upstream_data body 0 hi\necho onebye\n",
      "upstream_data body 0 hi\necho onebye\n",
    ]);
    expect(text((await connection.finished).received)).toBe("");
  });

  test("that stops can let go later, after it has changed what it kept", async () => {
    const clock = new ManualClock();
    const { connection, logs } = await converse(
      [
        {
          script:
            "downstream_data return 1\ndownstream_data tick 300\ntick effective\ntick body 2\ntick replace-body 2 ZZ\n" +
            "tick continue 2\ntick tick 0",
        },
        { script: "downstream_data body 2" },
      ],
      ["one", "two", () => clock.advance(300)],
      { clock },
    );
    expect(logs().slice(-6)).toEqual([
      "tick effective 0",
      "tick body 0 onetwo",
      "tick replace-body 0",
      "tick continue 0",
      "tick tick 0",
      "downstream_data body 0 ZZ",
    ]);
    connection.reset();
    expect(text((await connection.finished).upstream)).toBe("ZZ");
  });

  test("that stops a new connection keeps it from upstream, and from reading, until it continues", async () => {
    const clock = new ManualClock();
    const { callbacks, connection } = await converse(
      "new_connection return 1\nnew_connection tick 300\ntick effective\ntick continue 2\ntick tick 0",
      ["one"],
      { clock },
    );
    expect(callbacks()).toEqual(["context_create(2,1)", "new_connection(2)=1"]);
    clock.advance(300);
    await turn();
    expect(callbacks()[0]).toBe("downstream_data(2,3,0)=0");
    connection.end();
    expect(text((await connection.finished).received)).toBe("hi\necho onebye\n");
  });

  test.each([
    ["downstream_data close 2", "hi\n", ""],
    ["upstream_data close 3", "", ""],
  ])("that says %s ends the connection, with what it has just been shown", async (script, received, upstream) => {
    const { connection, callbacks } = await converse(script, ["one"]);
    const result = await connection.finished;
    expect([text(result.received), text(result.upstream)]).toEqual([received, upstream]);
    expect(callbacks().slice(-4)).toEqual(["downstream_connection_close(2,1)", "done(2)=1", "log(2)", "delete(2)"]);
  });

  test("cannot continue upstream's direction, nor answer as HTTP", async () => {
    const { logs, connection } = await converse("upstream_data continue 3\ndownstream_data respond 401 no", [
      "one",
      end,
    ]);
    expect(logs().slice(0, 2)).toEqual(["upstream_data continue 12", "downstream_data respond 0"]);
    expect(text((await connection.finished).upstream)).toBe("one");
  });

  test.each(["new_connection", "downstream_data", "upstream_data"])(
    "that traps in %s loses its connection and is heard of no more",
    async (callback) => {
      const { connection, callbacks } = await converse(`${callback} trap`, ["one"]);
      expect((await connection.finished).end).toBe("closed");
      expect(callbacks().at(-1)).toMatch(callback);
    },
  );

  test("that has trapped loses, passes or gets a new VM, as the failure policy says", async () => {
    const later = async (failurePolicy: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD") => {
      const clock = new ManualClock();
      const { host, callbacks } = await converse([{ script: "downstream_data trap", failurePolicy }], ["one"], {
        clock,
      });
      clock.advance(2000);
      callbacks();
      const connection = await host.openConnection();
      connection.end();
      return [text((await connection.finished).received), callbacks()[0]];
    };
    expect(await later("FAIL_CLOSED")).toEqual(["", undefined]);
    expect(await later("FAIL_OPEN")).toEqual(["hi\nbye\n", undefined]);
    expect(await later("FAIL_RELOAD")).toEqual(["", "context_create(2,1)"]);
  });
});
